package portillon.verifier;

import java.io.IOException;
import java.io.Serializable;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.crypto.spec.SecretKeySpec;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/**
 * Stands before an application in Tomcat and lets through what came from Portillon, and nothing else; who it is stands in
 * getRemoteUser(). The application is not changed: see README.md beside this folder.
 *
 * <p>It names no class of the servlet API, so that one compiled file serves Tomcat 9 (javax) and Tomcat 10 (jakarta).
 */
public final class PortillonValve extends ValveBase {
  private static final LongSupplier CLOCK = () -> System.currentTimeMillis() / 1_000;
  private static final String ASSERTION = "x-portillon-assertion";
  private static final String PAGE = "<!DOCTYPE html><html lang=\"fr\"><meta charset=\"utf-8\">"
      + "<title>Accès direct refusé</title><h1>Accès direct refusé</h1>"
      + "<p>Cette application ne s’ouvre que par son adresse habituelle, après identification. Reprenez cette adresse ;"
      + " si cette page revient, appelez votre référent RCP.</p>"
      + "<p lang=\"en\">This application opens at its usual address only, after signing in.</p></html>\n";

  private String keys = "";
  private String headers;
  private String user;
  private String encoding = "percent-utf8";
  private String jwks;
  private String issuer;
  private String audience;
  private int skew = 5;
  private int nonces = 200_000;

  private List<String> names;
  private SignatureVerifier signatures;
  private AssertionVerifier assertions;

  public PortillonValve() {
    // Pages that answer later, event streams and WebSockets pass.
    super(true);
  }

  /** The shared secrets, "name=file": the `key-id` of the site file, and a file with the content of its `secret-file`. */
  public void setKeys(String keys) {
    this.keys = keys;
  }

  /** The names under `identity.headers` of the site file, with blanks in between: all of them must be signed. */
  public void setHeaders(String headers) {
    this.headers = headers;
  }

  /** The one of them that carries `login`; becomes getRemoteUser() where no jwks is given. */
  public void setUser(String user) {
    this.user = user;
  }

  /** `identity.encoding` of the site file. */
  public void setEncoding(String encoding) {
    this.encoding = encoding;
  }

  /** Address of Portillon's jwks.json, or a copy of it; with it, the assertion is verified too. */
  public void setJwks(String jwks) {
    this.jwks = jwks;
  }

  /** The public address of the site, without a slash at the end. */
  public void setIssuer(String issuer) {
    this.issuer = issuer;
  }

  /** `identity.assertion.audience` of the site file. */
  public void setAudience(String audience) {
    this.audience = audience;
  }

  /** What the clocks of both machines may differ, in seconds. */
  public void setSkew(int skew) {
    this.skew = skew;
  }

  /** How many requests of the last minutes are remembered, against one that is sent twice. */
  public void setNonces(int nonces) {
    this.nonces = nonces;
  }

  /** With a setting that is missing or wrong the application does not start. */
  @Override
  protected synchronized void startInternal() throws LifecycleException {
    try {
      configure();
    } catch (IllegalArgumentException wrong) {
      throw new LifecycleException("PortillonValve: " + wrong.getMessage(), wrong);
    }
    super.startInternal();
  }

  private void configure() {
    if (headers == null) throw new IllegalArgumentException("headers: name those of the site file, or \"\" for none");
    names = headers.isBlank() ? List.of() : Arrays.asList(headers.trim().split("[\\s,]+"));
    if (user == null && jwks == null) throw new IllegalArgumentException("user or jwks: one of them says who it is");
    if (user != null && names.stream().noneMatch(user::equalsIgnoreCase)) {
      throw new IllegalArgumentException("user: one of headers");
    }
    if (!List.of("percent-utf8", "utf8", "latin1").contains(encoding)) {
      throw new IllegalArgumentException("encoding: percent-utf8, utf8 or latin1");
    }
    Map<String, SecretKeySpec> secrets = Secrets.read(keys);
    signatures = new SignatureVerifier(secrets, names, new Nonces(nonces), skew, CLOCK);
    if (jwks == null) return;
    if (issuer == null || audience == null) throw new IllegalArgumentException("issuer and audience, with jwks");
    assertions = new AssertionVerifier(new PublicKeys(jwks, CLOCK), issuer, audience, skew, CLOCK);
  }

  @Override
  public void invoke(Request request, Response response) throws IOException {
    // A request that answers later passes here again when it goes on; it was believed the first time.
    if (!request.isAsyncDispatching()) {
      try {
        admit(request);
      } catch (Refused refused) {
        container.getLogger().warn("request from " + request.getRemoteAddr() + " refused: " + refused.getMessage());
        refuse(response);
        return;
      }
    }
    passOn(request, response);
  }

  private void admit(Request request) throws Refused {
    Message message = messageOf(request);
    signatures.verify(message);
    String login = loginOf(message);
    request.setUserPrincipal(login.isEmpty() ? null : new Person(login));
    request.setAuthType(login.isEmpty() ? null : "PORTILLON");
  }

  /** Empty for a visitor whom Portillon let through without knowing them (a rule « anyone »). */
  private String loginOf(Message message) throws Refused {
    String told = user == null ? "" : decoded(message.values(user).get(0));
    if (assertions == null) return told;
    String assertion = message.values(ASSERTION).get(0);
    if (assertion.isEmpty()) {
      for (String name : names) {
        if (!message.values(name).get(0).isEmpty()) throw new Refused(name + " without an assertion");
      }
      return "";
    }
    String login = assertions.login(assertion);
    // ISO-8859-1 writes the closest letters, which need not be those of the login.
    if (user != null && !encoding.equals("latin1") && !told.equals(login)) {
      throw new Refused(user + " is not the person of the assertion");
    }
    return login;
  }

  private String decoded(String value) throws Refused {
    if (encoding.equals("latin1")) return value;
    if (encoding.equals("utf8")) return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    try {
      return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException wrong) {
      throw new Refused(user + " cannot be decoded: is encoding the same as in the site file?");
    }
  }

  private static Message messageOf(Request request) {
    return new Message() {
      @Override
      public String method() {
        return request.getMethod();
      }

      @Override
      public String host() {
        List<String> values = values("host");
        return values.size() == 1 ? values.get(0) : "";
      }

      @Override
      public String target() {
        String query = request.getQueryString();
        return query == null ? request.getRequestURI() : request.getRequestURI() + '?' + query;
      }

      @Override
      public List<String> values(String name) {
        return Collections.list(request.getHeaders(name));
      }
    };
  }

  private static void refuse(Response response) throws IOException {
    response.setStatus(403);
    response.setContentType("text/html;charset=UTF-8");
    response.setHeader("Cache-Control", "no-store");
    response.getWriter().write(PAGE);
  }

  private void passOn(Request request, Response response) throws IOException {
    try {
      getNext().invoke(request, response);
    } catch (IOException | RuntimeException thrown) {
      throw thrown;
    } catch (Exception thrown) {
      // ServletException has two names, one for each Tomcat; here it has none.
      PortillonValve.<RuntimeException>rethrow(thrown);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Exception> void rethrow(Exception thrown) throws T {
    throw (T) thrown;
  }

  private static final class Person implements Principal, Serializable {
    private static final long serialVersionUID = 1L;

    private final String name;

    Person(String name) {
      this.name = name;
    }

    @Override
    public String getName() {
      return name;
    }

    @Override
    public String toString() {
      return name;
    }
  }
}

package portillon.verifier;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.Map;
import java.util.function.LongSupplier;

/** Believes the assertion of Portillon: a JWT (RFC 7519) that it signed by ES256, for this application, now. */
final class AssertionVerifier {
  private final PublicKeys keys;
  private final String issuer;
  private final String audience;
  private final long skew;
  private final LongSupplier clock;

  /** @param clock seconds since the epoch */
  AssertionVerifier(PublicKeys keys, String issuer, String audience, long skew, LongSupplier clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.audience = audience;
    this.skew = skew;
    this.clock = clock;
  }

  /** The login that the assertion speaks of. */
  String login(String token) throws Refused {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) throw new Refused("an assertion that is none");
    Map<?, ?> header = json(parts[0]);
    // The algorithm is ours to choose, never the token's (RFC 8725, 3.1).
    if (!"ES256".equals(header.get("alg")) || header.containsKey("crit")) throw new Refused("an assertion not of ES256");
    PublicKey key = header.get("kid") instanceof String ? keys.find((String) header.get("kid")) : null;
    if (key == null) throw new Refused("an assertion by a key that is not known: is jwks.json in reach?");
    if (!isSignedBy(key, parts)) throw new Refused("an assertion with a wrong signature");
    Map<?, ?> claims = json(parts[1]);
    if (!issuer.equals(claims.get("iss"))) throw new Refused("an assertion of another issuer");
    if (!audience.equals(claims.get("aud"))) throw new Refused("an assertion for another audience");
    if (seconds(claims.get("exp")) <= clock.getAsLong() - skew) throw new Refused("an assertion that has expired");
    if (seconds(claims.get("iat")) > clock.getAsLong() + skew) throw new Refused("an assertion of the future");
    Object login = claims.get("login");
    if (!(login instanceof String) || ((String) login).isEmpty()) throw new Refused("an assertion about nobody");
    return (String) login;
  }

  private static boolean isSignedBy(PublicKey key, String[] parts) throws Refused {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initVerify(key);
      signature.update((parts[0] + '.' + parts[1]).getBytes(StandardCharsets.US_ASCII));
      return signature.verify(bytes(parts[2]));
    } catch (GeneralSecurityException wrong) {
      return false;
    }
  }

  private static long seconds(Object claim) throws Refused {
    if (claim instanceof Long) return (Long) claim;
    throw new Refused("an assertion without its times");
  }

  private static Map<?, ?> json(String part) throws Refused {
    try {
      Object value = Json.read(new String(bytes(part), StandardCharsets.UTF_8));
      if (value instanceof Map) return (Map<?, ?>) value;
    } catch (IllegalArgumentException wrong) {
      // Said below, in the same words as any other form.
    }
    throw new Refused("an assertion that cannot be read");
  }

  private static byte[] bytes(String part) throws Refused {
    try {
      return Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException wrong) {
      throw new Refused("an assertion that cannot be read");
    }
  }
}

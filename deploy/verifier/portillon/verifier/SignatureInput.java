package portillon.verifier;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The field Signature-Input (RFC 9421, 4.1), as far as Portillon writes it: one signature, components without parameters or
 * with "bs", parameters that are numbers or texts. Whatever else it holds is not Portillon's, or not Portillon's alone.
 */
final class SignatureInput {
  private static final int LONGEST = 4_096;
  private static final String COMPONENT = "\"@?+[a-z][a-z0-9-]*+\"(?:;bs)?+";
  private static final String PARAMETER = ";[a-z]++=(?:[0-9]{1,12}+|\"[^\"\\\\]*+\")";
  private static final Pattern FORM = Pattern.compile(
      "([a-z][a-z0-9-]*+)=(\\((" + COMPONENT + "(?: " + COMPONENT + ")*+)\\)((?:" + PARAMETER + ")++))");
  private static final Pattern ONE_PARAMETER = Pattern.compile(";([a-z]++)=(?:([0-9]++)|\"([^\"]*+)\")");

  final String label;
  /** The list of components with the parameters, as it was signed. */
  private final String signed;
  private final List<String> components;
  private final Map<String, String> parameters = new HashMap<>();

  private SignatureInput(Matcher form) throws Refused {
    label = form.group(1);
    signed = form.group(2);
    components = Arrays.asList(form.group(3).split(" "));
    Matcher one = ONE_PARAMETER.matcher(form.group(4));
    while (one.find()) {
      String value = one.group(2) == null ? one.group(3) : one.group(2);
      if (parameters.put(one.group(1), value) != null) throw new Refused("a parameter of the signature twice");
    }
  }

  static SignatureInput read(List<String> fields) throws Refused {
    if (fields.isEmpty()) throw new Refused("no signature");
    if (fields.size() > 1) throw new Refused("more than one Signature-Input");
    String field = fields.get(0);
    Matcher form = FORM.matcher(field);
    if (field.length() > LONGEST || !form.matches()) throw new Refused("a Signature-Input that cannot be read");
    return new SignatureInput(form);
  }

  /** The text of a parameter, empty where there is none. */
  String text(String name) {
    return parameters.getOrDefault(name, "");
  }

  long number(String name) throws Refused {
    String value = text(name);
    if (!value.matches("[0-9]{1,12}")) throw new Refused("a signature without \"" + name + "\"");
    return Long.parseLong(value);
  }

  boolean covers(String name) {
    return components.contains('"' + name + '"') || components.contains('"' + name + "\";bs");
  }

  /** The text that was signed (RFC 9421, 2.5), made anew from the message. */
  String base(Message message) throws Refused {
    StringBuilder base = new StringBuilder();
    for (String component : components) {
      base.append(component).append(": ").append(valueOf(component, message)).append('\n');
    }
    return base.append("\"@signature-params\": ").append(signed).toString();
  }

  private static String valueOf(String component, Message message) throws Refused {
    boolean isWrapped = component.endsWith(";bs");
    String name = component.substring(1, component.lastIndexOf('"'));
    if (name.startsWith("@")) {
      if (isWrapped) throw new Refused(component + " cannot be signed");
      return derived(name, message);
    }
    List<String> values = new ArrayList<>();
    for (String value : message.values(name)) values.add(isWrapped ? wrapped(value) : value);
    if (values.isEmpty()) throw new Refused(name + " is signed and not there");
    // Two fields of one name make another text than the one that was signed.
    return String.join(", ", values);
  }

  private static String derived(String name, Message message) throws Refused {
    switch (name) {
      case "@method":
        return message.method();
      case "@authority":
        // Without the port that goes without saying over either scheme, as Portillon writes it.
        return message.host().toLowerCase(Locale.ROOT).replaceFirst(":(?:80|443)$", "");
      case "@request-target":
        return message.target();
      default:
        throw new Refused(name + " is signed and not known here");
    }
  }

  private static String wrapped(String value) {
    return ':' + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.ISO_8859_1)) + ':';
  }
}

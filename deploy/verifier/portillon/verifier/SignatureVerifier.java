package portillon.verifier;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Believes a request that Portillon signed (RFC 9421, hmac-sha256): this method, this address, these identity headers, now,
 * once. What must be signed is said here and not by the request (RFC 9421, 3.2.1 and 7.2.1).
 */
final class SignatureVerifier {
  /** Longer than any signature of Portillon lives: it refuses to be set to more. Seconds. */
  private static final long LONGEST_LIFE = 120;
  private static final String[] ALWAYS = {"@method", "@authority", "@request-target", "x-portillon-assertion"};
  private static final Pattern SIGNATURE = Pattern.compile("([a-z][a-z0-9-]*+)=:([A-Za-z0-9+/]{43}=):");
  private static final Pattern NONCE = Pattern.compile("[\\x21-\\x7e]{16,64}");

  private final Map<String, SecretKeySpec> secrets;
  private final List<String> demanded = new ArrayList<>(List.of(ALWAYS));
  private final Nonces nonces;
  private final long skew;
  private final LongSupplier clock;
  private final long started;

  /**
   * @param headers the plain identity headers that the application reads
   * @param skew what the clocks of both machines may differ, in seconds
   * @param clock seconds since the epoch
   */
  SignatureVerifier(
      Map<String, SecretKeySpec> secrets, List<String> headers, Nonces nonces, long skew, LongSupplier clock) {
    this.secrets = secrets;
    this.nonces = nonces;
    this.skew = skew;
    this.clock = clock;
    for (String header : headers) demanded.add(header.toLowerCase(Locale.ROOT));
    // What was seen before this moment is not remembered: nothing of it is taken again.
    started = clock.getAsLong();
  }

  void verify(Message message) throws Refused {
    SignatureInput input = SignatureInput.read(message.values("signature-input"));
    SecretKeySpec secret = secrets.get(input.text("keyid"));
    if (secret == null) throw new Refused("a key that is not known here");
    if (!input.text("tag").equals("portillon")) throw new Refused("a signature for another purpose");
    if (!input.text("alg").equals("hmac-sha256")) throw new Refused("another algorithm");
    for (String name : demanded) {
      if (!input.covers(name)) throw new Refused(name + " is not signed");
    }
    byte[] given = signature(input, message.values("signature"));
    if (!MessageDigest.isEqual(given, hmac(secret, input.base(message)))) throw new Refused("a wrong signature");
    checkTime(input.number("created"), input.number("expires"));
    String nonce = input.text("nonce");
    if (!NONCE.matcher(nonce).matches()) throw new Refused("a signature without a nonce");
    nonces.take(nonce, input.number("expires") + skew, clock.getAsLong());
  }

  private void checkTime(long created, long expires) throws Refused {
    long now = clock.getAsLong();
    if (created > now + skew) throw new Refused("a signature of the future: do both clocks run by NTP?");
    if (expires < now - skew) throw new Refused("a signature that has expired");
    if (expires - created > LONGEST_LIFE) throw new Refused("a signature that lives too long");
    if (created < started) throw new Refused("a signature from before this server started");
  }

  static byte[] signature(SignatureInput input, List<String> fields) throws Refused {
    Matcher form = SIGNATURE.matcher(fields.size() == 1 ? fields.get(0) : "");
    if (!form.matches() || !form.group(1).equals(input.label)) throw new Refused("a Signature that cannot be read");
    return Base64.getDecoder().decode(form.group(2));
  }

  static byte[] hmac(SecretKeySpec secret, String base) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(secret);
      return mac.doFinal(base.getBytes(StandardCharsets.ISO_8859_1));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}

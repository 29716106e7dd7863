// A contextual call in Java 17, without a library: java Call.java KEY.pem KID FINESS AUDIENCE USER
// Prints the token. The record system puts it into a form and lets the browser send that (see contextual-call.md).
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;

public final class Call {
    private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

    /** A JSON text. Record systems have a library for this; what matters is that quotes and controls are escaped. */
    private static String text(String value) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') json.append('\\').append(c);
            else if (c < 0x20) json.append(String.format("\\u%04x", (int) c));
            else json.append(c);
        }
        return json.append('"').toString();
    }

    private static String encode(String json) {
        return URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    private static PrivateKey readKey(String file) throws Exception {
        String pem = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }

    public static void main(String[] args) throws Exception {
        String kid = args[1], finess = args[2], audience = args[3], user = args[4];
        long now = Instant.now().getEpochSecond();
        byte[] random = new byte[18];
        new SecureRandom().nextBytes(random);

        String header = "{\"alg\":\"ES256\",\"kid\":" + text(kid) + ",\"typ\":\"JWT\"}";
        String claims = "{"
            + "\"iss\":" + text(finess) + ",\"aud\":" + text(audience)
            + ",\"iat\":" + now + ",\"exp\":" + (now + 60)                       // made when the user clicks
            + ",\"jti\":" + text(URL.encodeToString(random))                     // new for each click
            + ",\"sub\":" + text(user)                                           // PS_IdNat
            + ",\"auth_time\":" + (now - 600) + ",\"amr\":[\"sc\",\"pin\",\"mfa\"]"
            + ",\"patient\":{"
            + "\"ins\":{\"matricule\":\"250029912345672\",\"oid\":\"1.2.250.1.213.1.4.8\"}"
            + ",\"status\":\"VALI\""                                             // not qualified: no `ins`
            + ",\"birth_name\":" + text("FICTIVE-DURAND") + ",\"first_given_name\":" + text("Jeanne")
            + ",\"birth_date\":\"1950-02-01\",\"sex\":\"F\",\"birth_place\":\"99123\",\"local_id\":\"IPP-0001\"}}";

        String input = encode(header) + "." + encode(claims);
        // r and s together, 64 bytes: not the DER form of "SHA256withECDSA".
        Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
        signer.initSign(readKey(args[0]));
        signer.update(input.getBytes(StandardCharsets.US_ASCII));
        System.out.println(input + "." + URL.encodeToString(signer.sign()));
    }
}

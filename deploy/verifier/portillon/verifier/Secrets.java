package portillon.verifier;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;

/** The secrets that are shared with Portillon, by their names. Two while one takes the place of the other. */
final class Secrets {
  private static final Set<PosixFilePermission> EXPOSED = EnumSet.of(
      PosixFilePermission.GROUP_WRITE,
      PosixFilePermission.OTHERS_READ,
      PosixFilePermission.OTHERS_WRITE,
      PosixFilePermission.OTHERS_EXECUTE);

  private Secrets() {}

  /** @param keys "name=file", several of them with blanks or commas in between */
  static Map<String, SecretKeySpec> read(String keys) {
    Map<String, SecretKeySpec> secrets = new HashMap<>();
    for (String key : keys.trim().split("[\\s,]+")) {
      int equals = key.indexOf('=');
      if (equals < 1) throw new IllegalArgumentException("keys: name=file is expected, for example dcc-2026=/etc/…");
      secrets.put(key.substring(0, equals), readFile(Path.of(key.substring(equals + 1))));
    }
    return secrets;
  }

  private static SecretKeySpec readFile(Path file) {
    try {
      if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        permissions.retainAll(EXPOSED);
        if (!permissions.isEmpty()) throw new IllegalArgumentException(file + " is open to others: chmod 640");
      }
      String secret = new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).trim();
      if (!secret.matches("[\\x21-\\x7e]{32,}")) {
        throw new IllegalArgumentException(file + " must hold one line of at least 32 characters without blanks");
      }
      return new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256");
    } catch (IOException thrown) {
      throw new IllegalArgumentException("the secret " + file + " cannot be read", thrown);
    }
  }
}

package portillon.verifier;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The public keys of Portillon, from its jwks.json: fetched when one is asked for that is not known, and every ten minutes, so
 * that a key that was withdrawn is forgotten. While nobody answers there, those that are known stay in use.
 */
final class PublicKeys {
  private static final long FRESH = 600;
  /** A key that nobody knows must not make the server ask for each request. */
  private static final long PAUSE = 10;
  private static final int PATIENCE = 3_000;
  private static final int LARGEST = 65_536;

  private final URI source;
  private final LongSupplier clock;
  private final ReentrantLock turn = new ReentrantLock();
  private volatile Map<String, PublicKey> known = Map.of();
  private volatile long asked = Long.MIN_VALUE / 2;

  /**
   * @param source an https address, an http one on this machine, or a file
   * @param clock seconds since the epoch
   */
  PublicKeys(String source, LongSupplier clock) {
    this.source = source.matches("https?://.*") ? URI.create(source) : Path.of(source).toUri();
    this.clock = clock;
    if ("http".equals(this.source.getScheme()) && !isOnThisMachine(this.source.getHost())) {
      throw new IllegalArgumentException("jwks: https, since whoever answers there says whom to believe");
    }
  }

  /** The key of that name, or null. */
  PublicKey find(String name) {
    long now = clock.getAsLong();
    PublicKey key = known.get(name);
    // Whoever knows the key goes on, and one of them alone asks anew.
    if (key != null && (now < asked + FRESH || !turn.tryLock())) return key;
    if (key == null) turn.lock();
    try {
      boolean isDue = key == null ? !known.containsKey(name) && now >= asked + PAUSE : now >= asked + FRESH;
      if (isDue) refresh(now);
      return known.get(name);
    } finally {
      turn.unlock();
    }
  }

  private void refresh(long now) {
    asked = now;
    try {
      known = read(fetch());
    } catch (IOException | RuntimeException | GeneralSecurityException away) {
      // Those that are known stay in use; one that is not is refused by whoever asked for it.
    }
  }

  private String fetch() throws IOException {
    URLConnection connection = source.toURL().openConnection();
    connection.setConnectTimeout(PATIENCE);
    connection.setReadTimeout(PATIENCE);
    if (connection instanceof HttpURLConnection) {
      HttpURLConnection http = (HttpURLConnection) connection;
      http.setInstanceFollowRedirects(false);
      if (http.getResponseCode() != 200) throw new IOException("status " + http.getResponseCode());
    }
    try (InputStream answer = connection.getInputStream()) {
      byte[] bytes = answer.readNBytes(LARGEST);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private static Map<String, PublicKey> read(String json) throws GeneralSecurityException {
    Map<String, PublicKey> keys = new HashMap<>();
    for (Object entry : (List<?>) ((Map<?, ?>) Json.read(json)).get("keys")) {
      Map<?, ?> key = (Map<?, ?>) entry;
      if (!"EC".equals(key.get("kty")) || !"P-256".equals(key.get("crv"))) continue;
      keys.put((String) key.get("kid"), point(coordinate(key.get("x")), coordinate(key.get("y"))));
    }
    return Map.copyOf(keys);
  }

  private static BigInteger coordinate(Object value) {
    return new BigInteger(1, Base64.getUrlDecoder().decode((String) value));
  }

  private static PublicKey point(BigInteger x, BigInteger y) throws GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    ECParameterSpec parameters = curve.getParameterSpec(ECParameterSpec.class);
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(x, y), parameters));
  }

  private static boolean isOnThisMachine(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (IOException unknown) {
      return false;
    }
  }
}

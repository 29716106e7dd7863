package portillon.verifier;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** The signatures that were seen and have not expired. A full memory forgets none of them: it refuses what is new. */
final class Nonces {
  private final int most;
  private final Map<String, Long> seen = new LinkedHashMap<>();

  Nonces(int most) {
    this.most = most;
  }

  /** Takes a nonce, once. */
  synchronized void take(String nonce, long until, long now) throws Refused {
    Iterator<Long> oldest = seen.values().iterator();
    while (oldest.hasNext() && oldest.next() < now) oldest.remove();
    if (seen.containsKey(nonce)) throw new Refused("a request that was received before");
    if (seen.size() >= most) throw new Refused("more requests than can be remembered: raise \"nonces\"");
    seen.put(nonce, until);
  }
}

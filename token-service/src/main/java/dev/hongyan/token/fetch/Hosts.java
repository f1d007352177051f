package dev.hongyan.token.fetch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * WeChat's hosts in the order in which we like them. One that did not answer is left out for a
 * while; then it is asked again, and if it answers everything goes there as before. Not
 * thread-safe.
 */
public final class Hosts {
  private final List<Host> all;
  private final long[] downUntil;
  private final long returnAfterMillis;

  /**
   * @param returnAfterMillis how long a host that failed is left out
   */
  public Hosts(List<Host> all, long returnAfterMillis) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("at least one host is needed");
    }
    this.all = List.copyOf(all);
    this.downUntil = new long[all.size()];
    this.returnAfterMillis = returnAfterMillis;
    Arrays.fill(downUntil, Long.MIN_VALUE);
  }

  /** All of them: first those that are not left out, each group in its order. */
  public List<Host> inOrder(long now) {
    List<Host> up = new ArrayList<>(all.size());
    List<Host> down = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      (now >= downUntil[i] ? up : down).add(all.get(i));
    }
    up.addAll(down);
    return up;
  }

  /** It is there again. */
  public void answered(Host host) {
    downUntil[all.indexOf(host)] = Long.MIN_VALUE;
  }

  /** It is left out from now on. */
  public void failed(Host host, long now) {
    downUntil[all.indexOf(host)] = now + returnAfterMillis;
  }
}

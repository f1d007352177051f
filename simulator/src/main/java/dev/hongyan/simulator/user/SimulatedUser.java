package dev.hongyan.simulator.user;

import java.util.concurrent.atomic.AtomicLong;

/** One person, as one account knows them. Thread-safe. */
public final class SimulatedUser {
  private final String openid;
  private final AtomicLong lastEventSecond = new AtomicLong();

  /**
   * A user.
   *
   * @param openid the openid, or the userid for WeCom
   */
  public SimulatedUser(String openid) {
    this.openid = openid;
  }

  /** The openid, or the userid for WeCom. */
  public String openid() {
    return openid;
  }

  /**
   * The second in which an event without an id of its own happens: now, or the first second after
   * the user's former one. WeChat tells such events apart by user and second alone, so nobody can
   * have two in one second.
   */
  public long claimEventSecond(long nowSeconds) {
    return lastEventSecond.updateAndGet(last -> Math.max(nowSeconds, last + 1));
  }

  @Override
  public String toString() {
    return "SimulatedUser[" + masked(openid) + ']';
  }

  /** What may be shown of an openid: enough to tell a few users apart. */
  public static String masked(String openid) {
    return openid.length() <= 8
        ? "…"
        : openid.substring(0, 2) + "…" + openid.substring(openid.length() - 4);
  }
}

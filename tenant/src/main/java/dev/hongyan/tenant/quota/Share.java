package dev.hongyan.tenant.quota;

import dev.hongyan.tenant.quota.Bucket.Ask;
import dev.hongyan.tenant.quota.Bucket.Grant;
import org.jspecify.annotations.Nullable;

/**
 * What one node holds of one budget. Decides in memory, from three things: tokens that it was given
 * ahead, what it knows of the common level, and what it has used on credit since it last asked.
 *
 * <p>A call takes from the tokens here. When there are none it goes on credit, as long as the
 * common level (known, and grown since) bears it; of that level a node uses no more than its part,
 * one of {@code nodes}, before it asks. What is used on credit is told with the next question, so
 * nothing is ever lost from the count: nodes that were too generous together have to wait the
 * longer.
 *
 * <p>Classes: a call of class {@code c} may go while more than {@code (5 - c)} tenths of the
 * capacity are left. So those below 5 stop first when it gets short, and those above 5 may still go
 * when there is nothing left, at the cost of what comes next.
 *
 * <p>While the store is away, a node goes on with what it used before, or with its part of the rate
 * when that is more. Thread-safe; time is given in.
 */
final class Share {
  /** Class of calls that say nothing. */
  static final int NORMAL = 5;

  /** Tokens that nobody used for so long go back. */
  static final long IDLE_NANOS = 1_000_000_000L;

  /** While the store is away it is asked so often. */
  private static final long AWAY_NANOS = 1_000_000_000L;

  private static final double SECOND = 1e9;

  /** For how long the next tokens should last: when there are many, and when they are short. */
  private static final double AHEAD_SECONDS = 0.5;

  private static final double SHORT_SECONDS = 0.1;

  /** With less than what goes in this time, the next ones are asked for. */
  private static final double WATERMARK_SECONDS = 0.06;

  private static final double DEMAND_SECONDS = 0.2;
  private static final double USED_SECONDS = 3;
  private static final long WAIT_MAX_MILLIS = 3_600_000;

  private final String api;
  private Limit limit;
  private double tokens;
  private double back;
  private double credit;
  private double level;
  private long levelAt;
  private boolean away;
  private boolean told = true;
  private boolean wantsMore;
  private double demandNow;
  private double demandPerSecond;
  private double usedNow;
  private double usedPerSecond;
  private long measuredAt;
  private long usedAt;
  private long askedAt;
  private boolean asking;
  private boolean listed;

  /**
   * @param alone nobody else has a part of it, and nobody has to be asked
   */
  Share(Limit limit, boolean alone, long nowNanos) {
    this.api = limit.api();
    this.limit = limit;
    this.level = limit.capacity();
    this.levelAt = nowNanos;
    this.measuredAt = nowNanos;
    this.usedAt = nowNanos;
    this.askedAt = nowNanos - AWAY_NANOS;
    this.away = alone;
    this.told = !alone;
  }

  synchronized Limit limit() {
    return limit;
  }

  /** Stays the same. */
  String api() {
    return api;
  }

  /** Another limit from now on; what was given by the former goes back. */
  synchronized void limit(Limit next, long nowNanos) {
    if (!next.equals(limit)) {
      level = Math.min(known(nowNanos, 1), next.capacity());
      levelAt = nowNanos;
      back += tokens;
      tokens = 0;
      limit = next;
    }
  }

  /**
   * Takes {@code cost} if that can be.
   *
   * @param nodes how many there are
   */
  synchronized Verdict take(int priority, double cost, int nodes, long nowNanos) {
    demandNow += cost;
    usedAt = nowNanos;
    double reserve = (NORMAL - priority) / 10.0 * limit.capacity();
    // One that is larger than the bucket goes when the bucket is full.
    double need = Math.min(cost, limit.capacity());
    double known = known(nowNanos, nodes);
    double left = tokens + known - credit;
    boolean here = tokens >= cost && (priority >= NORMAL || left - need >= reserve);
    boolean onCredit = !here && left - need >= reserve && mayOwe(known, reserve, cost, nodes);
    if (!here && !onCredit) {
      wantsMore = true;
      return new Verdict(waitMillis(need + reserve - left, nodes), limit, (long) Math.max(0, left));
    }
    usedNow += cost;
    if (away) {
      level = known - cost;
      levelAt = nowNanos;
    } else {
      double here0 = Math.min(tokens, cost);
      tokens -= here0;
      credit += cost - here0;
    }
    return new Verdict(0, limit, (long) Math.max(0, left - cost));
  }

  /** It did not come to it after all. */
  synchronized void undo(double cost) {
    tokens += cost;
    usedNow -= cost;
  }

  /** True the first time it is called, until {@link #ask} says that there is nothing to ask. */
  synchronized boolean list() {
    boolean first = !listed && told;
    listed = true;
    return first;
  }

  /** From now on the others are asked. */
  synchronized void share(long nowNanos) {
    told = true;
    away = false;
    listed = false;
    level = Math.min(level, limit.capacity());
    levelAt = nowNanos;
  }

  private boolean mayOwe(double known, double reserve, double cost, int nodes) {
    if (away) {
      return true;
    }
    double owed = credit + cost - tokens;
    return credit == 0 || owed <= (known - Math.min(0, reserve)) / nodes;
  }

  private double known(long nowNanos, int nodes) {
    double passed = Math.max(0, nowNanos - levelAt) / SECOND;
    if (!away || !told) {
      return Math.min(limit.capacity(), level + passed * limit.ratePerSecond());
    }
    double share = awayPerSecond(nodes);
    return Math.min(Math.max(1, share), level + passed * share);
  }

  private double awayPerSecond(int nodes) {
    return Math.min(limit.ratePerSecond(), Math.max(usedPerSecond, limit.ratePerSecond() / nodes));
  }

  private long waitMillis(double missing, int nodes) {
    double rate = away && told ? awayPerSecond(nodes) : limit.ratePerSecond();
    double millis = Math.ceil(Math.max(0, missing) / rate * 1000);
    return (long) Math.max(1, Math.min(WAIT_MAX_MILLIS, millis));
  }

  /** What the store is to be asked now; null for nothing. Then call one of the next two. */
  synchronized @Nullable Ask ask(int nodes, long nowNanos) {
    measure(nowNanos);
    boolean idle = nowNanos - usedAt >= IDLE_NANOS;
    if (asking || away && nowNanos - askedAt < AWAY_NANOS) {
      return null;
    }
    if (idle) {
      back += tokens;
      tokens = 0;
    }
    double want = idle ? 0 : want(nodes, nowNanos);
    if (credit == 0 && back == 0 && want == 0 && !(away && wantsMore)) {
      return null;
    }
    Ask ask = new Ask(credit, back, want);
    credit = 0;
    back = 0;
    wantsMore = false;
    asking = true;
    askedAt = nowNanos;
    level = Math.min(limit.capacity(), known(nowNanos, nodes) + ask.back()) - ask.used();
    levelAt = nowNanos;
    return ask;
  }

  /** True when it may be forgotten about until somebody takes something. */
  synchronized boolean unlist(long nowNanos) {
    boolean rests =
        !asking && credit == 0 && tokens == 0 && back == 0 && nowNanos - usedAt >= IDLE_NANOS;
    if (rests) {
      listed = false;
    }
    return rests;
  }

  private double want(int nodes, long nowNanos) {
    double known = known(nowNanos, nodes) - credit;
    boolean dry = known + back < 1;
    if (dry || tokens > demandPerSecond * WATERMARK_SECONDS) {
      return 0;
    }
    double seconds = known > limit.capacity() / 2 ? AHEAD_SECONDS : SHORT_SECONDS;
    double chunk = Math.ceil(demandPerSecond * seconds);
    double most = Math.max(1, Math.floor(limit.capacity() / 10));
    return Math.max(0, Math.min(Math.max(1, chunk), most) - tokens);
  }

  private void measure(long nowNanos) {
    double passed = (nowNanos - measuredAt) / SECOND;
    if (passed <= 0) {
      return;
    }
    measuredAt = nowNanos;
    double quick = 1 - Math.exp(-passed / DEMAND_SECONDS);
    double slow = 1 - Math.exp(-passed / USED_SECONDS);
    demandPerSecond += quick * (demandNow / passed - demandPerSecond);
    usedPerSecond += slow * (usedNow / passed - usedPerSecond);
    demandNow = 0;
    usedNow = 0;
  }

  synchronized void answered(Grant grant, long nowNanos) {
    asking = false;
    away = false;
    tokens += grant.granted();
    level = grant.level();
    levelAt = nowNanos;
  }

  /** The store is away: whatever it was told may or may not have come there. */
  synchronized void failed(int nodes, long nowNanos) {
    asking = false;
    if (!away) {
      level = Math.min(tokens + 1, Math.max(1, awayPerSecond(nodes)));
      levelAt = nowNanos;
      tokens = 0;
      back = 0;
      credit = 0;
      away = true;
    }
  }
}

package dev.hongyan.simulator.api;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How often one account called each path today and this minute. Thread-safe. */
final class Quotas {
  static final int RESETS_PER_MONTH = 10;
  private static final long MONTH_DAYS = 30;

  private final ApiTime time;
  private final ConcurrentHashMap<String, Limit> limits;
  private final Map<String, Count> counts = new HashMap<>();
  private long resetMonth;
  private int resets;

  /**
   * Quotas of an account.
   *
   * @param limits by path, shared by all accounts; a path without one is free
   */
  Quotas(ApiTime time, ConcurrentHashMap<String, Limit> limits) {
    this.time = time;
    this.limits = limits;
  }

  private static final class Count {
    long day;
    long today;
    long minute;
    long thisMinute;

    void at(long millis) {
      if (ApiTime.dayOf(millis) != day) {
        day = ApiTime.dayOf(millis);
        today = 0;
      }
      if (ApiTime.minuteOf(millis) != minute) {
        minute = ApiTime.minuteOf(millis);
        thisMinute = 0;
      }
    }
  }

  /** Counts a call, unless it is one too many. */
  synchronized Errcode spend(String path) {
    Limit limit = limit(path);
    Count count = count(path);
    if (count.today >= limit.perDay()) {
      return Errcode.DAILY_QUOTA;
    }
    if (count.thisMinute >= limit.perMinute()) {
      return Errcode.MINUTE_QUOTA;
    }
    count.today++;
    count.thisMinute++;
    return Errcode.OK;
  }

  synchronized long usedToday(String path) {
    return count(path).today;
  }

  Limit limit(String path) {
    return limits.getOrDefault(path, Limit.NONE);
  }

  /** Forgets all counts, up to ten times a month (taken as 30 days). */
  synchronized Errcode reset() {
    long month = Math.floorDiv(ApiTime.dayOf(time.nowMillis()), MONTH_DAYS);
    resets = month == resetMonth ? resets : 0;
    resetMonth = month;
    if (resets == RESETS_PER_MONTH) {
      return Errcode.NO_RESETS_LEFT;
    }
    resets++;
    counts.clear();
    return Errcode.OK;
  }

  private Count count(String path) {
    Count count = counts.computeIfAbsent(path, unused -> new Count());
    count.at(time.nowMillis());
    return count;
  }
}

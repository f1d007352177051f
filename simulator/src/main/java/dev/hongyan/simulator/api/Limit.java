package dev.hongyan.simulator.api;

import java.util.Map;

/**
 * How often one account may call one path.
 *
 * @param perDay calls in a day of China time; more get errcode 45009
 * @param perMinute calls in a minute; more get errcode 45011
 */
public record Limit(long perDay, long perMinute) {
  /** No limit is published. */
  public static final Limit NONE = new Limit(Long.MAX_VALUE, Long.MAX_VALUE);

  /** What a new official account has, as published; it grows with its followers. */
  static final Map<String, Limit> PUBLISHED =
      Map.ofEntries(
          daily("/cgi-bin/token", 2_000),
          Map.entry("/cgi-bin/stable_token", new Limit(500_000, 10_000)),
          daily("/cgi-bin/menu/create", 1_000),
          daily("/cgi-bin/menu/get", 10_000),
          daily("/cgi-bin/menu/delete", 1_000),
          daily("/cgi-bin/media/upload", 100_000),
          daily("/cgi-bin/media/get", 200_000),
          daily("/cgi-bin/message/custom/send", 500_000),
          daily("/cgi-bin/message/template/send", 100_000),
          daily("/cgi-bin/message/subscribe/send", 10_000_000),
          daily("/cgi-bin/user/info", 5_000_000),
          daily("/cgi-bin/user/get", 500));

  public Limit {
    if (perDay < 0 || perMinute < 0) {
      throw new IllegalArgumentException("a limit is 0 or more");
    }
  }

  private static Map.Entry<String, Limit> daily(String path, long perDay) {
    return Map.entry(path, new Limit(perDay, Long.MAX_VALUE));
  }
}

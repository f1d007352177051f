package dev.hongyan.simulator.api;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Every token and ticket that was given out. {@code token} and {@code stable_token} are two lines
 * that do not void each other. Thread-safe.
 */
final class Tokens {
  /** More than a day's worth of any test; the oldest are then unknown, which is errcode 40001. */
  static final int REMEMBERED_MAX = 50_000;

  static final int FORCED_PER_DAY = 20;
  private static final long FORCE_PAUSE_MILLIS = 30_000;
  private static final int LETTERS = 130;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

  private final ApiTime time;
  private final RandomGenerator random;
  private final long lifeMillis;
  private final long overlapMillis;
  private final Map<String, Issued> issued = Newest.map(REMEMBERED_MAX);
  private final Map<String, Lines> accounts = new HashMap<>();

  Tokens(ApiTime time, RandomGenerator random, Duration life, Duration overlap) {
    this.time = time;
    this.random = random;
    this.lifeMillis = life.toMillis();
    this.overlapMillis = overlap.toMillis();
  }

  /** What a caller is given. */
  record Grant(String value, long expiresInSeconds) {
    @Override
    public String toString() {
      return "Grant[" + expiresInSeconds + " s]";
    }
  }

  /** Whose token it is, or why it is nobody's. */
  record Holder(@Nullable String appId, Errcode errcode) {}

  /** Something given out; {@code end} is what a caller hears after {@code endsAtMillis}. */
  private static final class Issued {
    final String value;
    final String appId;
    long endsAtMillis;
    Errcode end = Errcode.TOKEN_EXPIRED;

    Issued(String value, String appId, long endsAtMillis) {
      this.value = value;
      this.appId = appId;
      this.endsAtMillis = endsAtMillis;
    }

    void endAt(long millis, Errcode why) {
      if (millis < endsAtMillis) {
        endsAtMillis = millis;
        end = why;
      }
    }
  }

  private static final class Lines {
    @Nullable Issued plain;
    @Nullable Issued stable;
    final Map<String, Issued> tickets = new HashMap<>();
    long lastForceMillis = Long.MIN_VALUE / 2;
    long forceDay;
    int forced;
  }

  /** {@code /cgi-bin/token}: always a new one; the former lives on for the overlap. */
  synchronized Grant plain(String appId) {
    Lines lines = lines(appId);
    long now = time.nowMillis();
    if (lines.plain != null) {
      lines.plain.endAt(now + overlapMillis, Errcode.INVALID_CREDENTIAL);
    }
    lines.plain = issue(appId, now);
    return grant(lines.plain, now);
  }

  /**
   * {@code /cgi-bin/stable_token}: the same until the overlap before its end.
   *
   * @param force voids the former at once; does nothing within 30 s of the last time
   * @return null if the day's forced refreshes are used up
   */
  synchronized @Nullable Grant stable(String appId, boolean force) {
    Lines lines = lines(appId);
    long now = time.nowMillis();
    boolean forced = force && now - lines.lastForceMillis >= FORCE_PAUSE_MILLIS;
    if (forced) {
      long day = ApiTime.dayOf(now);
      lines.forced = lines.forceDay == day ? lines.forced : 0;
      lines.forceDay = day;
      if (lines.forced == FORCED_PER_DAY) {
        return null;
      }
      lines.forced++;
      lines.lastForceMillis = now;
      if (lines.stable != null) {
        lines.stable.endAt(now, Errcode.INVALID_CREDENTIAL);
      }
    }
    lines.stable = renewed(lines.stable, appId, now);
    return grant(lines.stable, now);
  }

  /** {@code /cgi-bin/ticket/getticket}: the same until the overlap before its end. */
  synchronized Grant ticket(String appId, String type) {
    Lines lines = lines(appId);
    long now = time.nowMillis();
    Issued known = lines.tickets.get(type);
    if (known == null || known.endsAtMillis - now <= overlapMillis) {
      known = new Issued(letters(86), appId, now + lifeMillis);
      lines.tickets.put(type, known);
    }
    return grant(known, now);
  }

  /** Whose token this is now. */
  synchronized Holder holder(String token) {
    Issued known = issued.get(token);
    if (known == null) {
      return new Holder(
          null, wellFormed(token) ? Errcode.INVALID_CREDENTIAL : Errcode.INVALID_TOKEN);
    }
    return time.nowMillis() < known.endsAtMillis
        ? new Holder(known.appId, Errcode.OK)
        : new Holder(null, known.end);
  }

  /** Ends every token of an account at once. */
  synchronized void end(String appId, Errcode why) {
    long now = time.nowMillis();
    for (Issued each : issued.values()) {
      if (each.appId.equals(appId)) {
        each.endAt(now, why);
      }
    }
  }

  /** Forgets an account's tickets, so that the next call gets new ones. */
  synchronized void endTickets(String appId) {
    lines(appId).tickets.clear();
  }

  private Issued renewed(@Nullable Issued former, String appId, long now) {
    // The former one, if there is one, keeps its own end: both are valid until then.
    return former != null && former.endsAtMillis - now > overlapMillis ? former : issue(appId, now);
  }

  private Issued issue(String appId, long now) {
    Issued made = new Issued(10 + random.nextInt(90) + "_" + letters(LETTERS), appId, now);
    made.endsAtMillis = now + lifeMillis;
    issued.put(made.value, made);
    return made;
  }

  private Lines lines(String appId) {
    return accounts.computeIfAbsent(appId, unused -> new Lines());
  }

  private static Grant grant(Issued issued, long now) {
    return new Grant(issued.value, Math.max(0, (issued.endsAtMillis - now) / 1000));
  }

  private String letters(int count) {
    StringBuilder out = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      out.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return out.toString();
  }

  /** Digits, an underscore, letters: what every token of these years looks like. */
  private static boolean wellFormed(String token) {
    int line = token.indexOf('_');
    if (line < 1 || line > 3 || token.length() < 100) {
      return false;
    }
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (i < line ? c < '0' || c > '9' : ALPHABET.indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }
}

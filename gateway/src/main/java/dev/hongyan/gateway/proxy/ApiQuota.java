package dev.hongyan.gateway.proxy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much of one API an account has used, and what WeChat said about it. Days are WeChat's: they
 * begin at 0:00 in China. Times are epoch milliseconds, given by the caller. Thread-safe.
 */
final class ApiQuota {
  static final long DAY_MILLIS = 86_400_000;
  private static final long CHINA_MILLIS = 8 * 3_600_000;
  private static final long MINUTE_MILLIS = 60_000;

  /** The part of a learned limit that calls of a class may use while there are calls above it. */
  private static final double LOW_SHARE = 0.80;

  private static final double NORMAL_SHARE = 0.95;

  /** How fast the pace that forecasts are made from forgets: about a quarter of an hour. */
  private static final double PACE_WEIGHT = 1.0 / 15;

  /**
   * What WeChat grants a new account a day (developers.weixin.qq.com, "API call limits"); more
   * followers get more, so this only serves forecasts and nothing is refused for it.
   */
  private static final Map<String, Long> DOCUMENTED =
      Map.ofEntries(
          Map.entry("/cgi-bin/menu/create", 1_000L),
          Map.entry("/cgi-bin/menu/get", 10_000L),
          Map.entry("/cgi-bin/menu/delete", 1_000L),
          Map.entry("/cgi-bin/media/upload", 100_000L),
          Map.entry("/cgi-bin/media/get", 200_000L),
          Map.entry("/cgi-bin/message/custom/send", 500_000L),
          Map.entry("/cgi-bin/message/template/send", 100_000L),
          Map.entry("/cgi-bin/message/mass/sendall", 100L),
          Map.entry("/cgi-bin/qrcode/create", 100_000L),
          Map.entry("/cgi-bin/user/get", 500L),
          Map.entry("/cgi-bin/user/info", 5_000_000L));

  private final String api;
  private long day;
  private long today;
  private long minute;
  private long thisMinute;
  private double pace;
  private long learned;
  private long learnedDay;
  private long heldUntil;
  private @Nullable String heldBy;
  private boolean holdIsNew;
  private final long[] seen = new long[Priority.values().length];
  private long unsaved;

  /** What the ledger says about a call. */
  enum Verdict {
    PASS,
    /** WeChat said no, and its window has not opened again. */
    HELD,
    /** The rest of the day is left to calls that matter more. */
    SHED
  }

  ApiQuota(String api, long now) {
    this.api = api;
    roll(now);
  }

  String api() {
    return api;
  }

  static long dayOf(long now) {
    return Math.floorDiv(now + CHINA_MILLIS, DAY_MILLIS);
  }

  /** When WeChat's next day begins. */
  static long nextDay(long now) {
    return (dayOf(now) + 1) * DAY_MILLIS - CHINA_MILLIS;
  }

  /** Asks to make a call; counts it if it may be made. */
  synchronized Verdict admit(Priority priority, long now) {
    roll(now);
    seen[priority.ordinal()] = day;
    if (now < heldUntil) {
      return Verdict.HELD;
    }
    if (learned > 0 && today >= share(priority) * learned) {
      return Verdict.SHED;
    }
    today++;
    thisMinute++;
    unsaved++;
    if (learned > 0 && today > learned) {
      learned = 0; // there is more than we knew
    }
    return Verdict.PASS;
  }

  private double share(Priority priority) {
    return switch (priority) {
      case LOW -> isSeen(Priority.NORMAL) || isSeen(Priority.HIGH) ? LOW_SHARE : 2;
      case NORMAL -> isSeen(Priority.HIGH) ? NORMAL_SHARE : 2;
      case HIGH -> 2;
    };
  }

  /** Whether there were such calls today or yesterday: else there is nobody to save for. */
  private boolean isSeen(Priority priority) {
    long last = seen[priority.ordinal()];
    return last != 0 && last >= day - 1;
  }

  /** WeChat said that the day's quota is used up. */
  synchronized void dayIsUsedUp(long now) {
    roll(now);
    learned = today;
    learnedDay = day;
    heldUntil = nextDay(now);
    heldBy = "day";
    holdIsNew = true;
  }

  /** WeChat said that calls come too fast; its windows are minutes. */
  synchronized void minuteIsUsedUp(long now) {
    roll(now);
    long until = (now / MINUTE_MILLIS + 1) * MINUTE_MILLIS;
    if (until > heldUntil) {
      heldUntil = until;
      heldBy = "minute";
      holdIsNew = true;
    }
  }

  /** The counts were set to zero at WeChat. */
  synchronized void cleared() {
    heldUntil = 0;
    heldBy = null;
    holdIsNew = false;
    learned = 0;
    today = 0;
    unsaved = 0;
  }

  /**
   * What the store says about this API: a hold of another node, or that one which was there is not
   * any more, because it was lifted elsewhere.
   *
   * @param hold {@code <until> <day|minute>}; null for none
   */
  synchronized void heldElsewhere(@Nullable String hold, long now) {
    int space = hold == null ? -1 : hold.indexOf(' ');
    long until = hold == null || space < 0 ? 0 : Long.parseLong(hold.substring(0, space));
    if (hold != null && until > now && until > heldUntil) {
      heldUntil = until;
      heldBy = hold.substring(space + 1);
      holdIsNew = false;
    } else if (hold == null && !holdIsNew && heldUntil > now) {
      heldUntil = 0;
      heldBy = null;
    }
  }

  /** A hold that the store does not know yet, as {@link #heldElsewhere} takes it; else null. */
  synchronized @Nullable String takeNewHold(long now) {
    if (!holdIsNew || now >= heldUntil) {
      return null;
    }
    holdIsNew = false;
    return heldUntil + " " + heldBy;
  }

  /** The store did not take these calls. */
  synchronized void giveBack(long ofDay, long calls) {
    if (ofDay == day) {
      unsaved += calls;
    }
  }

  synchronized boolean isHeld(long now) {
    return now < heldUntil;
  }

  /** Calls since the last time this was asked. */
  synchronized long takeUnsaved() {
    long taken = unsaved;
    unsaved = 0;
    return taken;
  }

  /** All nodes together made so many calls on {@code ofDay}. */
  synchronized void total(long ofDay, long total) {
    if (ofDay == day) {
      today = total + unsaved;
    }
  }

  synchronized QuotaView view(long now) {
    roll(now);
    Long limit = learned > 0 ? Long.valueOf(learned) : DOCUMENTED.get(api);
    boolean held = now < heldUntil;
    return new QuotaView(
        api,
        today,
        thisMinute,
        limit,
        learned > 0,
        held ? heldUntil : 0,
        held && heldBy != null ? heldBy : "",
        endsAt(now, limit));
  }

  /** When the limit will be reached at the present pace; 0 when not before the day is over. */
  private long endsAt(long now, @Nullable Long limit) {
    double perMinute = Math.max(pace, thisMinute);
    if (limit == null || perMinute <= 0) {
      return 0;
    }
    if (today >= limit) {
      return now;
    }
    double at = now + (limit - today) / perMinute * MINUTE_MILLIS;
    return at < nextDay(now) ? (long) at : 0;
  }

  private void roll(long now) {
    long nowDay = dayOf(now);
    if (nowDay != day) {
      day = nowDay;
      today = 0;
      unsaved = 0;
      if (learnedDay < day - 1) {
        learned = 0;
      }
    }
    long nowMinute = now / MINUTE_MILLIS;
    if (nowMinute != minute) {
      long passed = Math.min(120, Math.max(1, nowMinute - minute));
      pace += (thisMinute - pace) * PACE_WEIGHT;
      pace *= Math.pow(1 - PACE_WEIGHT, passed - 1);
      minute = nowMinute;
      thisMinute = 0;
    }
    if (now >= heldUntil) {
      heldBy = null;
    }
  }
}

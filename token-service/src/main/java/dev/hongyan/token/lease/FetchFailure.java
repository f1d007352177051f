package dev.hongyan.token.lease;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.token.TokenReply.Refused;
import dev.hongyan.wechat.error.ErrcodeClass;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Why WeChat handed out nothing.
 *
 * @param errorClass {@link ErrcodeClass#BUSY} also stands for everything that went wrong on the way
 * @param errcode WeChat's own, 0 when there was none
 * @param detail for people; holds no secret
 * @param pauseMillis how long WeChat will go on saying no; 0 when it did not say
 */
public record FetchFailure(ErrcodeClass errorClass, int errcode, String detail, long pauseMillis) {
  private static final ZoneOffset CHINA = ZoneOffset.ofHours(8);
  private static final long MINUTE = 60_000;
  private static final int REFUSED_TWICE = 89506;
  private static final int REFUSED_ONCE = 89507;

  /** What to do about it. */
  enum Reaction {
    /** Try again soon. */
    RETRY,
    /** Try again after the pause. */
    PAUSE,
    /** Asking again cannot help until somebody changes something. */
    STOP
  }

  /** Trouble on the way to WeChat: nothing was heard, or nothing that makes sense. */
  public static FetchFailure unreachable(String detail) {
    return new FetchFailure(ErrcodeClass.BUSY, 0, detail, 0);
  }

  /** An answer with an errcode, heard at {@code wallMillis}. */
  public static FetchFailure of(
      ErrcodeClass errorClass, int errcode, String detail, long wallMillis) {
    long pause =
        switch (errorClass) {
          case RATE_WINDOW -> MINUTE;
          case QUOTA_DAY -> untilNextDayInChina(wallMillis);
          // The administrator is asked; each try while that is open risks a longer block.
          case IP_CONFIRM ->
              switch (errcode) {
                case REFUSED_TWICE -> 24 * 60 * MINUTE;
                case REFUSED_ONCE -> 60 * MINUTE;
                default -> 10 * MINUTE;
              };
          case TICKET -> 10 * MINUTE;
          default -> 0;
        };
    return new FetchFailure(errorClass, errcode, detail, pause);
  }

  Reaction reaction() {
    return switch (errorClass) {
      case CREDENTIAL, IP_DENIED, REAUTH, PERMISSION, PROTOCOL -> Reaction.STOP;
      case RATE_WINDOW, QUOTA_DAY, IP_CONFIRM, TICKET -> Reaction.PAUSE;
      // An errcode that nobody knows is tried again, slower and slower: one new number at WeChat
      // must not take an account away until a person comes.
      case BUSY, TOKEN_STALE, SUITE_TOKEN_STALE, RECIPIENT, CONTENT, DUPLICATE, OK ->
          Reaction.RETRY;
    };
  }

  Refused refused(long retryAfterMillis) {
    Problem problem =
        reaction() == Reaction.STOP ? Problem.WECHAT_REFUSES : Problem.WECHAT_UNAVAILABLE;
    return new Refused(problem, errcode, detail, retryAfterMillis);
  }

  private static long untilNextDayInChina(long wallMillis) {
    LocalDate today = Instant.ofEpochMilli(wallMillis).atOffset(CHINA).toLocalDate();
    long midnight = today.plusDays(1).atStartOfDay().toInstant(CHINA).toEpochMilli();
    return midnight - wallMillis;
  }
}

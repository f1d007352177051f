package dev.hongyan.simulator.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong with calls of a path. Made by the methods below, then narrowed:
 *
 * <pre>{@code
 * api.faults().add(Fault.errcode("/cgi-bin/token", -1).times(2));
 * api.faults().add(Fault.delay("*", Duration.ofSeconds(3)).chance(0.1));
 * }</pre>
 *
 * @param path a path, or the beginning of paths followed by {@code *}
 * @param appId the only account it happens to; null for all
 * @param effect what happens
 * @param delay how long it takes until then; zero for no delay, at most ten minutes
 * @param times to how many calls it happens, at least 1
 * @param chance how probable it is for each of them, above 0 and up to 1
 */
public record Fault(
    String path, @Nullable String appId, Effect effect, Duration delay, long times, double chance) {
  private static final Duration DELAY_MAX = Duration.ofMinutes(10);

  public Fault {
    if (path.isEmpty() || !(path.equals("*") || path.startsWith("/"))) {
      throw new IllegalArgumentException("a path begins with / or is *, not " + path);
    }
    if (delay.isNegative() || delay.compareTo(DELAY_MAX) > 0) {
      throw new IllegalArgumentException("a delay is 0 to 10 minutes");
    }
    if (times < 1 || !(chance > 0 && chance <= 1)) {
      throw new IllegalArgumentException("times is 1 or more, chance above 0 and up to 1");
    }
  }

  /** What happens to a call. */
  public sealed interface Effect {
    /** It is done and answered as always, perhaps late. */
    record None() implements Effect {}

    /** It is refused and not done. */
    record Refusal(int errcode, String errmsg) implements Effect {}

    /** The connection is closed; {@code done} tells whether the call is done before. */
    record Drop(boolean done) implements Effect {}

    /** It is not done; a gateway's HTML page comes instead. */
    record Page(int status) implements Effect {
      public Page {
        if (status < 400 || status > 599) {
          throw new IllegalArgumentException("a status of an error is 400 to 599");
        }
      }
    }

    /** It is done; the answer comes under a wrong content type. */
    record Label(String contentType) implements Effect {
      public Label {
        if (contentType.isEmpty() || !contentType.chars().allMatch(c -> c >= ' ' && c < 127)) {
          throw new IllegalArgumentException("a content type is printable");
        }
      }
    }

    /** It is done; of the answer's body only the first bytes come, then the connection closes. */
    record Truncation(int bytes) implements Effect {
      public Truncation {
        if (bytes < 0) {
          throw new IllegalArgumentException("bytes are 0 or more");
        }
      }
    }
  }

  private static Fault of(String path, Effect effect) {
    return new Fault(path, null, effect, Duration.ZERO, Long.MAX_VALUE, 1);
  }

  /** An error in WeChat's own words. */
  public static Fault errcode(String path, int errcode) {
    return errcode(path, errcode, Errcode.wordsOf(errcode));
  }

  /** An error in these words; {@code rid: …} is added as WeChat does. */
  public static Fault errcode(String path, int errcode, String errmsg) {
    return of(path, new Effect.Refusal(errcode, errmsg));
  }

  /** A right answer that comes late. */
  public static Fault delay(String path, Duration delay) {
    return of(path, new Effect.None()).delayed(delay);
  }

  /** The connection closes before anything is done. */
  public static Fault drop(String path) {
    return of(path, new Effect.Drop(false));
  }

  /** What was asked for is done, but the connection closes without an answer. */
  public static Fault loseAnswer(String path) {
    return of(path, new Effect.Drop(true));
  }

  /** A gateway's HTML page, for example with status 502. */
  public static Fault page(String path, int status) {
    return of(path, new Effect.Page(status));
  }

  /**
   * A right answer under another content type: WeChat has sent JSON as {@code text/plain} and
   * pictures as what they are not.
   */
  public static Fault relabel(String path, String contentType) {
    return of(path, new Effect.Label(contentType));
  }

  /** An answer that ends after so many bytes of its body, with its connection. */
  public static Fault truncate(String path, int bytes) {
    return of(path, new Effect.Truncation(bytes));
  }

  /** Only the next so many calls. */
  public Fault times(long count) {
    return new Fault(path, appId, effect, delay, count, chance);
  }

  /** Only some calls, by chance. */
  public Fault chance(double probability) {
    return new Fault(path, appId, effect, delay, times, probability);
  }

  /** Only one account's calls. */
  public Fault onlyFor(String onlyAppId) {
    return new Fault(path, onlyAppId, effect, delay, times, chance);
  }

  /** The same, but late. */
  public Fault delayed(Duration span) {
    return new Fault(path, appId, effect, span, times, chance);
  }

  boolean concerns(String called, @Nullable String caller) {
    boolean here =
        path.endsWith("*")
            ? called.startsWith(path.substring(0, path.length() - 1))
            : called.equals(path);
    return here && (appId == null || appId.equals(caller));
  }
}

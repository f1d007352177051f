package dev.hongyan.tenant.routing;

import dev.hongyan.tenant.secret.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP service of the tenant that gets messages as signed CloudEvents.
 *
 * @param id our name for it, unique among the tenant's destinations
 * @param url {@code http} or {@code https}, without user info or fragment
 * @param topics shorthand for a route of its own: patterns of what it gets; empty when only routes
 *     name it
 * @param secret signs what is sent, {@code whsec_} and base64
 * @param previousSecrets sign too until they end
 * @param concurrency requests under way at once, 1 to 256
 * @param timeout for a whole request and its answer
 * @param retry waits before the second, third … attempt; after the last one a message is dead
 * @param enabled false leaves its messages in the log, where they wait
 * @param disabled why the platform itself switched it off; null when it did not
 */
public record Destination(
    String id,
    String url,
    List<String> topics,
    Secret secret,
    List<PreviousSecret> previousSecrets,
    int concurrency,
    Duration timeout,
    List<Duration> retry,
    boolean enabled,
    @Nullable Disabled disabled) {

  public static final int DEFAULT_CONCURRENCY = 8;
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);

  /** How many replaced secrets may sign beside the present one. */
  public static final int PREVIOUS_SECRETS_MAX = 3;

  /** Seven retries over about 21 hours. */
  public static final List<Duration> DEFAULT_RETRY =
      List.of(
          Duration.ofSeconds(5),
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofMinutes(30),
          Duration.ofHours(2),
          Duration.ofHours(6),
          Duration.ofHours(12));

  /** A secret that was replaced. */
  public record PreviousSecret(Secret secret, long untilMillis) {}

  /**
   * Why and since when the platform sends nothing any more.
   *
   * @param reason {@code gone} (410), {@code asked} (by a response header) or {@code failing} (no
   *     success for 120 h)
   */
  public record Disabled(String reason, long atMillis) {
    public Disabled {
      if (reason.isBlank() || reason.length() > 200) {
        throw new IllegalArgumentException("a reason is 1 to 200 characters");
      }
    }
  }

  public Destination {
    topics = List.copyOf(topics);
    previousSecrets = List.copyOf(previousSecrets);
    retry = List.copyOf(retry);
  }

  /** What a caller may change as in {@code written}; what only the platform knows as here. */
  public Destination changed(Destination written) {
    return new Destination(
        id,
        written.url,
        written.topics,
        written.secret,
        previousSecrets,
        written.concurrency,
        written.timeout,
        written.retry,
        written.enabled,
        written.enabled ? null : disabled);
  }

  /**
   * With a new secret. The present one goes on signing for {@code overlap}, at zero it and all
   * former ones end at once; of more than {@value #PREVIOUS_SECRETS_MAX} the first to end goes.
   */
  public Destination rotated(Secret fresh, Duration overlap, long nowMillis) {
    List<PreviousSecret> kept = new ArrayList<>();
    if (!overlap.isZero()) {
      kept.add(new PreviousSecret(secret, nowMillis + overlap.toMillis()));
      previousSecrets.stream().filter(p -> p.untilMillis() > nowMillis).forEach(kept::add);
      kept.sort(Comparator.comparingLong(PreviousSecret::untilMillis).reversed());
    }
    return new Destination(
        id,
        url,
        topics,
        fresh,
        kept.subList(0, Math.min(kept.size(), PREVIOUS_SECRETS_MAX)),
        concurrency,
        timeout,
        retry,
        enabled,
        disabled);
  }

  /** Switched off by the platform; the same when it is already. */
  public Destination switchedOff(String reason, long nowMillis) {
    return disabled != null
        ? this
        : new Destination(
            id,
            url,
            topics,
            secret,
            previousSecrets,
            concurrency,
            timeout,
            retry,
            false,
            new Disabled(reason, nowMillis));
  }
}

package dev.hongyan.observability.tracing;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The traces of this process: who does a step of a message's way begins a {@link Span}, sends its
 * header on, and ends it. Thread-safe and never blocks; off, it costs one branch.
 *
 * <p>Whether a trace is kept is told from its id, so all processes agree without a word. Kept
 * beyond that, up to {@value #EXTRA_PER_SECOND} a second each: those whose caller keeps them, and
 * steps that failed.
 */
public final class Tracing {
  /** Enough to see what is wrong; a destination that is away must not become a flood of spans. */
  static final int EXTRA_PER_SECOND = 100;

  private static final Tracing OFF = new Tracing(null, 1, Clock.system(), () -> 1);

  private final @Nullable Outbox outbox;
  private final Sampling sampling;
  private final Clock clock;
  private final WallNanos wall;
  private final LongSupplier random;
  private final Few asked;
  private final Few failed;

  /** Which process this is, for who reads the traces. */
  public record Process(String node, String version) {}

  private Tracing(@Nullable Outbox outbox, double ratio, Clock clock, LongSupplier random) {
    this(outbox, ratio, clock, new WallNanos(clock), random);
  }

  private Tracing(
      @Nullable Outbox outbox, double ratio, Clock clock, WallNanos wall, LongSupplier random) {
    this.outbox = outbox;
    this.sampling = new Sampling(ratio);
    this.clock = clock;
    this.wall = wall;
    this.random = random;
    this.asked = new Few(EXTRA_PER_SECOND, clock);
    this.failed = new Few(EXTRA_PER_SECOND, clock);
  }

  /** Nothing is traced. */
  public static Tracing off() {
    return OFF;
  }

  /**
   * Traces, and sends spans to a collector from now on.
   *
   * @param otlp of the collector; without a path, {@code /v1/traces} is meant
   * @param ratio of the traces to keep, from 0 to 1
   */
  public static Tracing start(
      URI otlp, double ratio, Process process, Metrics metrics, Clock clock) {
    WallNanos wall = new WallNanos(clock);
    Outbox outbox = new Outbox(OtlpCollector.at(otlp, process), metrics, clock, wall::lookAgain);
    outbox.start();
    return new Tracing(outbox, ratio, clock, wall, () -> ThreadLocalRandom.current().nextLong());
  }

  /** For tests: spans go where they say, and when they say. */
  static Tracing to(Outbox outbox, double ratio, Clock clock, LongSupplier random) {
    return new Tracing(outbox, ratio, clock, random);
  }

  /** Whether a trace with this second half of its id is kept; true when nothing is traced here. */
  public boolean keeps(long traceLow) {
    return outbox == null || sampling.takes(traceLow);
  }

  /**
   * Begins a step.
   *
   * @param header {@code traceparent} of the step before; null or no valid one begins a trace
   * @return null when nothing is traced
   */
  public @Nullable Span begin(@Nullable String header) {
    return outbox == null ? null : next(header);
  }

  private Span next(@Nullable String header) {
    long id = random.getAsLong() | 1; // never zero
    if (header == null || !TraceHeader.isValid(header)) {
      long low = random.getAsLong();
      boolean kept = sampling.takes(low);
      return new Span(random.getAsLong() | 1, low, id, 0, kept, kept);
    }
    long low = TraceHeader.traceLow(header);
    boolean sampled = TraceHeader.isSampled(header);
    boolean kept = sampling.takes(low) || (sampled && asked.take());
    return new Span(
        TraceHeader.traceHigh(header), low, id, TraceHeader.span(header), kept, kept || sampled);
  }

  /**
   * Whether this step should be {@link #end ended}, to be asked once at its end; the others are
   * simply forgotten.
   *
   * @param well whether it ended well
   */
  public boolean wants(@Nullable Span span, boolean well) {
    return span != null && (span.isKept() || (!well && failed.take()));
  }

  /**
   * Ends a step that is {@link #wants wanted}, now.
   *
   * @param began {@link Clock#nanos()} then
   * @param error a few words without secrets; null when it ended well
   * @param attributes name, value, name, value …; a value is a text, a {@code Long}, or null for
   *     none. No secrets and nobody's openid
   */
  public void end(
      Span span,
      Kind kind,
      String name,
      long began,
      @Nullable String error,
      @Nullable Object... attributes) {
    Outbox to = outbox;
    if (to != null) {
      to.add(
          new Ended(span, kind, name, wall.at(began), wall.at(clock.nanos()), error, attributes));
    }
  }

  /** Sends what waits; blocks for at most {@code within}. */
  public void stop(Duration within) {
    if (outbox != null) {
      outbox.stop(within);
    }
  }
}

package dev.hongyan.router.consume;

import org.jspecify.annotations.Nullable;

/**
 * What a consumer is to do.
 *
 * @param name in the cursors of the log, {@code destination:crm}, {@code route:promo} or {@code
 *     replay:7}
 * @param answersFor the consumer that dead letters name; the same but for replays
 * @param selection what it gets
 * @param sink where it goes
 * @param concurrency messages of different subjects under way at once
 * @param queue messages in memory
 * @param priority 9 goes first among the consumers of its tenant
 * @param replay what bounds it when it is a replay; else null
 */
public record Plan(
    String name,
    String answersFor,
    Selection selection,
    Sink sink,
    int concurrency,
    int queue,
    int priority,
    @Nullable Stretch replay) {

  /**
   * A stretch of the log that is delivered once more.
   *
   * @param upTo the last place of it
   * @param pace how fast
   */
  public record Stretch(long upTo, Pace pace) {}

  /** The same receiver and messages, for a stretch of the log that is replayed. */
  Plan again(Replay replay, long nowMillis) {
    return new Plan(
        replay.place(),
        name,
        Replay.narrowed(selection, replay.topic(), replay.subject()),
        sink.forReplay(),
        concurrency,
        queue,
        priority,
        new Stretch(replay.to(), new Pace(replay.perSecond(), nowMillis)));
  }

  ConsumerQueue.Limits limits() {
    return new ConsumerQueue.Limits(
        queue, ConsumerQueue.Limits.QUEUE_BYTES, concurrency, ConsumerQueue.Limits.PARKED);
  }
}

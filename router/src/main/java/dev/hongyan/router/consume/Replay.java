package dev.hongyan.router.consume;

import dev.hongyan.router.topic.TopicPattern;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the log that one consumer gets once more, apart from its live cursor.
 *
 * @param id unique in its tenant
 * @param consumer {@code destination:crm} or {@code route:promo}
 * @param epoch the log's life in which the places count
 * @param from first place of the stretch
 * @param to last place of it
 * @param topic a pattern that narrows it down, or null
 * @param subject a subject that narrows it down, or null
 * @param perSecond at most so many a second; 0 for no bound
 * @param createdAtMillis when it was asked for
 * @param state {@code running}, {@code done} or {@code cancelled}
 * @param delivered so many so far; exact when it is over
 * @param dead given up
 */
public record Replay(
    String id,
    String consumer,
    String epoch,
    long from,
    long to,
    @Nullable String topic,
    @Nullable String subject,
    int perSecond,
    long createdAtMillis,
    String state,
    long delivered,
    long dead) {
  public static final String RUNNING = "running";
  public static final String DONE = "done";
  public static final String CANCELLED = "cancelled";
  private static final String PREFIX = "replay:";

  /** What its own place in the log is called. */
  public String place() {
    return PREFIX + id;
  }

  /** Whether a consumer of that name is a replay. */
  public static boolean isPlace(String consumer) {
    return consumer.startsWith(PREFIX);
  }

  public boolean isRunning() {
    return state.equals(RUNNING);
  }

  /** The same, as it stands now. */
  public Replay with(String stateNow, long deliveredNow, long deadNow) {
    return new Replay(
        id,
        consumer,
        epoch,
        from,
        to,
        topic,
        subject,
        perSecond,
        createdAtMillis,
        stateNow,
        deliveredNow,
        deadNow);
  }

  /** The part of what a consumer gets that a replay is about. */
  public static Selection narrowed(
      Selection all, @Nullable String topic, @Nullable String subject) {
    Selection some = all;
    if (topic != null) {
      TopicPattern wanted = TopicPattern.parse(topic);
      some = some.and(e -> wanted.matches(e.topic()));
    }
    return subject == null ? some : some.and(e -> subject.equals(e.header().subject()));
  }

  String encode() {
    return new JsonObject()
        .put("consumer", consumer)
        .put("epoch", epoch)
        .put("from", from)
        .put("to", to)
        .put("topic", topic)
        .put("subject", subject)
        .put("perSecond", perSecond)
        .put("createdAt", createdAtMillis)
        .put("state", state)
        .put("delivered", delivered)
        .put("dead", dead)
        .encode();
  }

  static Replay decode(String id, String text) {
    JsonObject o = new JsonObject(text);
    return new Replay(
        id,
        o.getString("consumer"),
        o.getString("epoch"),
        o.getLong("from"),
        o.getLong("to"),
        o.getString("topic"),
        o.getString("subject"),
        o.getInteger("perSecond"),
        o.getLong("createdAt"),
        o.getString("state"),
        o.getLong("delivered"),
        o.getLong("dead"));
  }
}

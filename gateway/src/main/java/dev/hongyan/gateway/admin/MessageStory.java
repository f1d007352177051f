package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.consume.Selection;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.schedule.DelayStore;
import dev.hongyan.tenant.routing.Routing;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Everything that is known of one message: where it is, who gets it, what was tried. */
final class MessageStory {
  private static final int SUBSCRIPTIONS_MAX = 500;
  private static final long SLACK_MILLIS = 5_000;

  private final AdminParts parts;
  private final MessageSearch search;

  MessageStory(AdminParts parts) {
    this.parts = parts;
    this.search = new MessageSearch(parts);
  }

  /**
   * Answers with it.
   *
   * @param around when it came into the log, where that is known, ms since 1970; 0 for unknown
   */
  Future<Answer> tell(String tenant, long id, long around) {
    Future<List<JsonObject>> trail =
        parts
            .work()
            .trail()
            .read(tenant, id)
            .map(notes -> notes.stream().map(JsonObject::new).toList());
    return trail.compose(
        notes ->
            parts
                .work()
                .delays()
                .get(tenant, id)
                .compose(
                    waiting ->
                        waiting != null
                            ? Future.succeededFuture(delayed(id, waiting, notes))
                            : logged(tenant, id, around, notes)));
  }

  private static Answer delayed(long id, DelayStore.Waiting waiting, List<JsonObject> notes) {
    JsonObject story = begin(id, "delayed", waiting.header());
    story.put("dueAt", time(waiting.dueMillis()));
    return answer(story.put("timeline", timeline(waiting.header(), notes)), waiting.event());
  }

  private Future<Answer> logged(String tenant, long id, long around, List<JsonObject> notes) {
    List<Long> times = new ArrayList<>();
    if (around > 0) {
      times.add(around);
    }
    if (!notes.isEmpty()) {
      times.add(notes.get(0).getLong("at", 0L));
    }
    return parts
        .log()
        .head(tenant)
        .compose(head -> search.find(tenant, head, id, times))
        .compose(
            entry ->
                letters(tenant, id, entry, notes)
                    .compose(
                        letters ->
                            entry != null
                                ? parts
                                    .cursors()
                                    .list(tenant)
                                    .map(all -> whole(entry, notes, letters, all))
                                : Future.succeededFuture(rest(id, notes, letters))));
  }

  // ---- dead letters ----

  /** Those from when the message came on, and those from when it was given up on. */
  private Future<List<DeadLetter>> letters(
      String tenant, long id, @Nullable LogEntry entry, List<JsonObject> notes) {
    long came = entry == null ? Snowflake.millisOf(id) : entry.header().timeMillis();
    long died = Long.MAX_VALUE;
    for (JsonObject note : notes) {
      if ("dead".equals(note.getString("outcome"))) {
        died = Math.min(died, note.getLong("at", died));
      }
    }
    Future<List<DeadLetter>> early = parts.deadLetters().ofMessage(tenant, id, came - SLACK_MILLIS);
    if (died == Long.MAX_VALUE) {
      return early;
    }
    Future<List<DeadLetter>> late = parts.deadLetters().ofMessage(tenant, id, died - SLACK_MILLIS);
    return Future.all(early, late)
        .map(
            both -> {
              Map<String, DeadLetter> all = new LinkedHashMap<>();
              early.result().forEach(letter -> all.put(letter.id(), letter));
              late.result().forEach(letter -> all.put(letter.id(), letter));
              return List.copyOf(all.values());
            });
  }

  private static JsonArray letters(List<DeadLetter> letters) {
    JsonArray all = new JsonArray();
    for (DeadLetter letter : letters) {
      all.add(DeadLetterRoutes.known(letter));
    }
    return all;
  }

  // ---- what is found ----

  private Answer whole(
      LogEntry entry,
      List<JsonObject> notes,
      List<DeadLetter> letters,
      List<CursorStore.Stored> cursors) {
    EntryHeader header = entry.header();
    JsonObject story = begin(header.id(), "logged", header);
    story.put("cursor", entry.epoch() + ":" + entry.seq());
    Map<String, CursorStore.Stored> byName = new LinkedHashMap<>();
    cursors.forEach(stored -> byName.put(stored.name(), stored));
    Routing routing = LedgerRoutes.routing(parts, entry.tenant());
    JsonArray consumers = new JsonArray();
    for (String consumer : new TreeSet<>(LedgerRoutes.consumers(parts, entry.tenant()))) {
      Selection selection = parts.work().selections().of(routing, consumer);
      if (selection != null && selection.takes(entry)) {
        boolean past = isPast(byName.get(consumer), entry);
        consumers.add(
            new JsonObject()
                .put("consumer", consumer)
                .put("state", state(consumer, notes, letters, past)));
      }
    }
    story.put("consumers", consumers);
    JsonArray past = new JsonArray();
    cursors.stream()
        .filter(stored -> !stored.mode().equals("route") && isPast(stored, entry))
        .map(CursorStore.Stored::name)
        .sorted()
        .limit(SUBSCRIPTIONS_MAX)
        .forEach(past::add);
    story.put("acknowledgedBy", past);
    story.put("timeline", timeline(header, notes)).put("deadLetters", letters(letters));
    return answer(story, entry.event());
  }

  private static boolean isPast(CursorStore.@Nullable Stored stored, LogEntry entry) {
    return stored != null
        && stored.floor().epoch().equals(entry.epoch())
        && stored.floor().seq() >= entry.seq();
  }

  /** By the last that is known of it. */
  private static String state(
      String consumer, List<JsonObject> notes, List<DeadLetter> letters, boolean past) {
    String last = null;
    for (JsonObject note : notes) {
      if (consumer.equals(note.getString("consumer"))) {
        last = note.getString("outcome", note.getString("what"));
      }
    }
    if (last == null) {
      boolean dead = letters.stream().anyMatch(letter -> letter.consumer().equals(consumer));
      return dead ? "dead" : past ? "passed" : "pending";
    }
    return switch (last) {
      case "delivered", "dead", "expired" -> last;
      default -> "waiting";
    };
  }

  /** Out of the log, but not forgotten. */
  private static Answer rest(long id, List<JsonObject> notes, List<DeadLetter> letters) {
    if (notes.isEmpty() && letters.isEmpty()) {
      throw Problem.NOT_FOUND.because(
          "There is no such message, or nothing is known of it any more");
    }
    JsonObject story =
        new JsonObject()
            .put("id", Long.toString(id))
            .put("state", "gone")
            .put("timeline", timeline(null, notes))
            .put("deadLetters", letters(letters));
    return letters.isEmpty()
        ? Answer.ok(story)
        : answer(story, letters.get(letters.size() - 1).event());
  }

  // ---- form ----

  private static JsonObject begin(long id, String state, EntryHeader header) {
    JsonObject story =
        new JsonObject()
            .put("id", Long.toString(id))
            .put("state", state)
            .put("receivedAt", time(header.timeMillis()));
    return header.deadlineMillis() == 0
        ? story
        : story.put("deadline", time(header.deadlineMillis()));
  }

  private static JsonArray timeline(@Nullable EntryHeader header, List<JsonObject> notes) {
    JsonArray all = new JsonArray();
    if (header != null) {
      // What WeChat sends comes into the log only when its signature is right.
      boolean verified = header.topic().startsWith("wx.");
      JsonObject received =
          new JsonObject().put("what", "received").put("at", time(header.timeMillis()));
      all.add(verified ? received.put("verified", true) : received);
    }
    for (JsonObject note : notes) {
      all.add(note.copy().put("at", time(note.getLong("at", 0L))));
    }
    return all;
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /** The event's bytes go out as they are. */
  private static Answer answer(JsonObject story, byte[] event) {
    String known = story.encode();
    return new Answer(
        200,
        Buffer.buffer(known.length() + event.length + 16)
            .appendString(known.substring(0, known.length() - 1))
            .appendString(",\"event\":")
            .appendBytes(event)
            .appendByte((byte) '}'));
  }
}

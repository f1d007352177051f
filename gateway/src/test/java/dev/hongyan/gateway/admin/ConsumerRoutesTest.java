package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static dev.hongyan.gateway.testing.GatewayFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.testing.Receiver;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ledger, one message's story, dead letters and replays, over HTTP, with a real destination. */
class ConsumerRoutesTest {
  private static AdminNode admin;
  private Receiver receiver;
  private String tenant;
  private String base;

  @BeforeAll
  static void start() {
    admin = AdminNode.start();
  }

  @AfterAll
  static void stop() {
    admin.close();
  }

  @BeforeEach
  void fresh() {
    receiver = new Receiver(admin.gateway().redis().vertx());
    tenant = admin.tenant();
    base = TENANTS + "/" + tenant;
  }

  @AfterEach
  void close() {
    receiver.close();
  }

  @CanIgnoreReturnValue
  private JsonObject good(String method, String path, JsonObject body, int status)
      throws Exception {
    HttpResponse<String> answer = admin.call(method, base + path, OPERATOR, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return status == 204 ? new JsonObject() : json(answer);
  }

  /** Asks again and again until {@code path} answers so. */
  private JsonObject until(String path, Predicate<JsonObject> so) {
    JsonObject[] last = {new JsonObject()};
    eventually(
        () -> {
          try {
            last[0] = good("GET", path, null, 200);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          return so.test(last[0]);
        });
    return last[0];
  }

  private void destination(String... retry) throws Exception {
    good(
        "POST",
        "/destinations",
        new JsonObject()
            .put("id", "crm")
            .put("url", receiver.url())
            .put("topics", new JsonArray().add("app.order.#"))
            .put("retry", new JsonArray(List.of(retry))),
        201);
  }

  private JsonObject publish(String topic, String subject, int n, JsonObject more)
      throws Exception {
    return good(
        "POST",
        "/messages",
        new JsonObject()
            .put("topic", topic)
            .put("subject", subject)
            .put("data", new JsonObject().put("n", n))
            .mergeIn(more),
        202);
  }

  @CanIgnoreReturnValue
  private String publish(String topic, String subject, int n) throws Exception {
    return publish(topic, subject, n, new JsonObject()).getString("id");
  }

  @CanIgnoreReturnValue
  private JsonObject ledgerOf(String consumer, Predicate<JsonObject> so) {
    JsonObject all =
        until("/ledger", l -> items(l).stream().anyMatch(i -> isOf(i, consumer) && so.test(i)));
    return items(all).stream().filter(i -> isOf(i, consumer)).findFirst().orElseThrow();
  }

  private static boolean isOf(JsonObject item, String consumer) {
    return item.getString("consumer").equals(consumer);
  }

  private static List<JsonObject> items(JsonObject list) {
    return objects(list.getJsonArray("items"));
  }

  private static List<JsonObject> objects(JsonArray array) {
    return array.stream().map(JsonObject.class::cast).toList();
  }

  private static List<String> fields(JsonObject problem) {
    return objects(problem.getJsonArray("errors")).stream()
        .map(e -> e.getString("field"))
        .sorted()
        .toList();
  }

  // ---- ledger ----

  @Test
  void theLedgerCountsWhatBecameOfEverythingPerConsumer() throws Exception {
    assertThat(items(good("GET", "/ledger", null, 200))).isEmpty();
    receiver.answer(g -> g.number() == 2 ? 500 : 204);
    destination();
    good(
        "POST",
        "/routes",
        new JsonObject()
            .put("id", "rest")
            .put("match", "#")
            .put("fallback", true)
            .put("to", new JsonObject().put("destination", "crm")),
        201);
    publish("app.order.new", "a", 1);
    publish("app.order.new", "b", 2);
    publish("app.else", "a", 3);
    JsonObject crm =
        ledgerOf("destination:crm", l -> l.getLong("pending") == 0 && l.getLong("received") == 3);
    assertThat(crm)
        .isEqualTo(
            new JsonObject(
                """
                {"consumer":"destination:crm","received":3,"delivered":1,"expired":0,"dead":1,
                 "filtered":1,"pending":0,"balanced":true}
                """));
    JsonObject rest = ledgerOf("route:rest", l -> l.getLong("pending") == 0);
    assertThat(rest.getLong("delivered")).isEqualTo(1);
    assertThat(rest.getLong("filtered")).isEqualTo(2);
  }

  // ---- one message ----

  @Test
  void aMessageTellsWhoGetsItAndEachAttempt() throws Exception {
    AtomicBoolean well = new AtomicBoolean();
    receiver.answer(g -> well.getAndSet(true) ? 204 : 500);
    destination("100ms");
    String id = publish("app.order.new", "a", 1);
    String other = publish("app.else", "a", 2);
    JsonObject story =
        until(
            "/messages/" + id,
            s ->
                objects(s.getJsonArray("consumers")).get(0).getString("state").equals("delivered"));
    assertThat(story.getString("state")).isEqualTo("logged");
    assertThat(story.getJsonObject("event").getString("id")).isEqualTo(id);
    assertThat(story.getString("cursor")).endsWith(":1");
    List<JsonObject> timeline = objects(story.getJsonArray("timeline"));
    assertThat(timeline)
        .extracting(e -> e.getString("what"))
        .containsExactly("received", "attempt", "attempt");
    assertThat(timeline.get(0).getString("at")).isEqualTo(story.getString("receivedAt"));
    assertThat(timeline.get(1).getInteger("status")).isEqualTo(500);
    assertThat(timeline.get(1).getString("outcome")).isEqualTo("retry");
    assertThat(timeline.get(2).getString("consumer")).isEqualTo("destination:crm");
    assertThat(Instant.parse(timeline.get(2).getString("at"))).isAfter(Instant.EPOCH);
    assertThat(story.getJsonArray("deadLetters")).isEmpty();
    assertThat(good("GET", "/messages/" + other, null, 200).getJsonArray("consumers")).isEmpty();
    for (String none : List.of("1", "7265413399238017024", "x", "-5", "99999999999999999999")) {
      assertProblem(
          admin.call("GET", base + "/messages/" + none, OPERATOR, null), 404, "not-found");
    }
  }

  @Test
  void aMessageIsFoundAmongThousands() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      ids.add(publish("app.many", "s" + i, i));
    }
    for (int i : List.of(0, 1, 150, 298, 299)) {
      JsonObject story = good("GET", "/messages/" + ids.get(i), null, 200);
      assertThat(story.getJsonObject("event").getJsonObject("data").getInteger("n")).isEqualTo(i);
    }
  }

  @Test
  void aDelayedMessageTellsThatItWaits() throws Exception {
    Instant due = Instant.now().plus(Duration.ofDays(30)).truncatedTo(ChronoUnit.SECONDS);
    JsonObject when =
        new JsonObject()
            .put("at", due.atOffset(ZoneOffset.ofHours(8)).toString())
            .put("ttlMs", Duration.ofDays(31).toMillis());
    JsonObject made = publish("app.later", "a", 1, when);
    assertThat(made.getString("dueAt")).isEqualTo(due.toString());
    assertThat(made.containsKey("cursor")).isFalse();
    JsonObject story = good("GET", "/messages/" + made.getString("id"), null, 200);
    assertThat(story.getString("state")).isEqualTo("delayed");
    assertThat(story.getString("dueAt")).isEqualTo(due.toString());
    assertThat(story.getString("deadline")).isNotEmpty();
    assertThat(story.getJsonObject("event").getString("type")).isEqualTo("app.later");
  }

  @Test
  void aPublishedMessageWithoutATtlIsOfUseForAsLongAsItsTenantSays() throws Exception {
    JsonObject rule = new JsonObject().put("match", "app.short.#").put("life", "1h");
    var unused = good("PATCH", "", new JsonObject().put("ttl", new JsonArray().add(rule)), 200);
    Instant before = Instant.now();
    String taken = publish("app.short.one", "a", 1);
    Instant deadline = deadline(taken);
    assertThat(deadline).isBetween(before.plusSeconds(3_599), Instant.now().plusSeconds(3_601));
    Instant due = before.plus(Duration.ofDays(2)).truncatedTo(ChronoUnit.SECONDS);
    JsonObject later = publish("app.short.two", "a", 1, new JsonObject().put("at", due.toString()));
    assertThat(deadline(later.getString("id"))).isEqualTo(due.plusSeconds(3_600));
    JsonObject own = publish("app.short.own", "a", 1, new JsonObject().put("ttlMs", 86_400_000));
    assertThat(deadline(own.getString("id"))).isAfter(before.plusSeconds(86_000));
    JsonObject other = good("GET", "/messages/" + publish("app.long", "a", 1), null, 200);
    assertThat(other.containsKey("deadline")).isFalse();
  }

  private Instant deadline(String id) throws Exception {
    return Instant.parse(good("GET", "/messages/" + id, null, 200).getString("deadline"));
  }

  @Test
  void aDelayedMessageIsFoundWhereItCameIntoTheLog() throws Exception {
    JsonObject made = publish("app.soon", "a", 1, new JsonObject().put("delayMs", 200));
    JsonObject story =
        until("/messages/" + made.getString("id"), s -> s.getString("state").equals("logged"));
    assertThat(story.getString("cursor")).endsWith(":1");
    JsonObject same =
        good(
            "GET",
            "/messages/" + made.getString("id") + "?around=" + made.getString("dueAt"),
            null,
            200);
    assertThat(same.getString("cursor")).isEqualTo(story.getString("cursor"));
    assertProblem(
        admin.call("GET", base + "/messages/1?around=noon", OPERATOR, null), 400, "validation");
  }

  // ---- dead letters ----

  private List<JsonObject> letters(int n) {
    return items(until("/dead-letters", l -> items(l).size() == n));
  }

  private static JsonObject filter(String name, String value) {
    return new JsonObject().put("filter", new JsonObject().put(name, value));
  }

  @Test
  void deadLettersComeAgainByIdAndByFilter() throws Exception {
    AtomicBoolean well = new AtomicBoolean();
    receiver.answer(g -> well.get() ? 204 : 500);
    destination();
    String id = publish("app.order.new", "a", 1);
    publish("app.order.new", "b", 2);
    publish("app.order.new", "c", 3);
    List<JsonObject> letters = letters(3);
    JsonObject story = good("GET", "/messages/" + id, null, 200);
    assertThat(objects(story.getJsonArray("deadLetters")))
        .extracting(l -> l.getString("messageId"))
        .containsExactly(id);
    assertThat(objects(story.getJsonArray("consumers")).get(0).getString("state"))
        .isEqualTo("dead");
    well.set(true);
    String first = letters.get(2).getString("id");
    JsonObject ids = new JsonObject().put("ids", new JsonArray().add(first).add("1-1"));
    assertThat(good("POST", "/dead-letters/redrive", ids, 202))
        .isEqualTo(new JsonObject().put("redriven", 1).put("missing", 1));
    eventually(() -> receiver.taken().contains(1));
    assertThat(good("POST", "/dead-letters/redrive", filter("reason", "terminated"), 202))
        .isEqualTo(new JsonObject().put("redriven", 0));
    assertThat(
            good("POST", "/dead-letters/redrive", filter("olderThan", "2026-01-01T00:00:00Z"), 202)
                .getInteger("redriven"))
        .isZero();
    assertThat(good("POST", "/dead-letters/redrive", filter("consumer", "destination:crm"), 202))
        .isEqualTo(new JsonObject().put("redriven", 2));
    JsonObject ledger =
        ledgerOf("destination:crm", l -> l.getLong("delivered") == 3 && l.getLong("pending") == 0);
    assertThat(ledger.getLong("received")).isEqualTo(6);
    assertThat(ledger.getLong("dead")).isEqualTo(3);
    assertThat(ledger.getBoolean("balanced")).isTrue();
    assertThat(items(good("GET", "/dead-letters", null, 200))).isEmpty();
  }

  private void letterOf(String consumer, String reason, int n) {
    DeadLetterStore dead = new DeadLetterStore(admin.gateway().redis().link(), Clock.system());
    byte[] event = ("{\"id\":\"" + n + "\"}").getBytes(StandardCharsets.UTF_8);
    String unused =
        RedisFixture.await(
            dead.add(
                new LogEntry(tenant, "e", n, new EntryHeader(n, "app.x", null, 1, 0), event),
                consumer,
                reason,
                1,
                "no"));
  }

  @Test
  void lettersOfSubscriptionsAreNotPutBackAndNamed() throws Exception {
    destination();
    letterOf("destination:crm", "worn-out", 1);
    letterOf("workers", "worn-out", 2);
    letterOf("route:gone", "worn-out", 3);
    JsonObject problem =
        assertProblem(
            admin.call(
                "POST", base + "/dead-letters/redrive", OPERATOR, filter("reason", "worn-out")),
            409,
            "conflict");
    assertThat(problem.getString("detail")).contains("route:gone, workers").doesNotContain("crm");
    assertThat(letters(3)).hasSize(3);
  }

  @Test
  void deadLettersArePurgedByIdAndByFilter() throws Exception {
    for (int i = 0; i < 40; i++) {
      letterOf(i % 2 == 0 ? "even" : "odd", i < 20 ? "worn-out" : "terminated", i);
    }
    String newest = letters(40).get(0).getString("id");
    JsonObject one = new JsonObject().put("ids", new JsonArray().add(newest).add("5-5"));
    assertThat(good("POST", "/dead-letters/purge", one, 200).getInteger("purged")).isEqualTo(1);
    assertThat(
            good("POST", "/dead-letters/purge", filter("olderThan", "2026-01-01T00:00:00Z"), 200))
        .isEqualTo(new JsonObject().put("purged", 0));
    JsonObject both =
        new JsonObject()
            .put("filter", new JsonObject().put("consumer", "even").put("reason", "worn-out"));
    assertThat(good("POST", "/dead-letters/purge", both, 200).getInteger("purged")).isEqualTo(10);
    assertThat(
            good("POST", "/dead-letters/purge", filter("olderThan", "2099-01-01T00:00:00Z"), 200)
                .getInteger("purged"))
        .isEqualTo(29);
    assertThat(letters(0)).isEmpty();
  }

  @Test
  void aWrongChoiceOfDeadLettersIsRefused() throws Exception {
    for (String action : List.of("redrive", "purge")) {
      String path = base + "/dead-letters/" + action;
      for (String body :
          List.of(
              "{}",
              "{\"ids\":[],\"filter\":{}}",
              "{\"ids\":\"1-1\"}",
              "{\"filter\":{\"olderThan\":\"noon\"}}",
              "{\"filter\":{\"colour\":\"red\"}}",
              "{\"filter\":[]}")) {
        assertProblem(admin.call("POST", path, OPERATOR, new JsonObject(body)), 400, "validation");
      }
      JsonArray many = new JsonArray();
      for (int i = 0; i <= 1_000; i++) {
        many.add(i + "-1");
      }
      assertProblem(
          admin.call("POST", path, OPERATOR, new JsonObject().put("ids", many)), 400, "validation");
      String reviewer = admin.key(tenant, "reviewer");
      assertProblem(admin.call("POST", path, reviewer, filter("consumer", "x")), 403, "forbidden");
    }
  }

  // ---- replays ----

  @Test
  void aStretchOfTheLogIsCountedAndThenDeliveredOnceMore() throws Exception {
    destination();
    for (int i = 1; i <= 6; i++) {
      publish(i % 3 == 0 ? "app.else" : "app.order.new", i % 2 == 0 ? "even" : "odd", i);
    }
    ledgerOf("destination:crm", l -> l.getLong("delivered") == 4 && l.getLong("pending") == 0);
    JsonObject wish = new JsonObject().put("consumer", "crm").put("fromSeq", 2).put("toSeq", 5);
    assertThat(good("POST", "/replays", wish.copy().put("dryRun", true), 200))
        .isEqualTo(new JsonObject().put("count", 3).put("scanned", 4).put("complete", true));
    JsonObject even = wish.copy().put("subject", "even").put("topic", "app.order.*");
    assertThat(good("POST", "/replays", even.copy().put("dryRun", true), 200).getInteger("count"))
        .isEqualTo(2);
    int before = receiver.taken().size();
    JsonObject made = good("POST", "/replays", even.put("ratePerSecond", 1_000), 201);
    assertThat(made.getString("consumer")).isEqualTo("destination:crm");
    JsonObject done =
        until("/replays/" + made.getString("id"), r -> r.getString("state").equals("done"));
    assertThat(receiver.taken().subList(before, receiver.taken().size())).containsExactly(2, 4);
    assertThat(done.getInteger("delivered")).isEqualTo(2);
    assertThat(done.getString("from")).endsWith(":2");
    assertThat(items(good("GET", "/replays", null, 200)))
        .extracting(r -> r.getString("id"))
        .containsExactly(made.getString("id"));
    assertThat(good("DELETE", "/replays/" + made.getString("id"), null, 204)).isEmpty();
    assertThat(good("GET", "/replays/" + made.getString("id"), null, 200).getString("state"))
        .isEqualTo("done");
  }

  @Test
  void aReplayByTimeTakesWhatCameThen() throws Exception {
    destination();
    publish("app.order.new", "a", 1);
    JsonObject first = items(good("GET", "/messages", null, 200)).get(0);
    Instant at = Instant.parse(first.getJsonObject("event").getString("time"));
    ledgerOf("destination:crm", l -> l.getLong("delivered") == 1);
    JsonObject wish = new JsonObject().put("consumer", "destination:crm").put("dryRun", true);
    assertThat(
            good("POST", "/replays", wish.copy().put("fromTime", at.toString()), 200)
                .getInteger("count"))
        .isEqualTo(1);
    assertThat(
            good("POST", "/replays", wish.copy().put("fromTime", at.plusMillis(1).toString()), 200)
                .getInteger("count"))
        .isZero();
    JsonObject before =
        wish.copy().put("fromTime", "2026-01-01T00:00:00Z").put("toTime", at.toString());
    assertThat(good("POST", "/replays", before, 200).getInteger("count")).isZero();
    JsonObject empty = before.copy().put("dryRun", false);
    assertProblem(admin.call("POST", base + "/replays", OPERATOR, empty), 400, "validation");
  }

  @Test
  void aRunningReplayIsCancelled() throws Exception {
    destination();
    for (int i = 1; i <= 3; i++) {
      publish("app.order.new", "a", i);
    }
    ledgerOf("destination:crm", l -> l.getLong("delivered") == 3);
    good("PATCH", "/destinations/crm", new JsonObject().put("enabled", false), 200);
    JsonObject wish = new JsonObject().put("consumer", "crm").put("fromSeq", 1);
    String id = good("POST", "/replays", wish, 201).getString("id");
    assertThat(good("GET", "/replays/" + id, null, 200).getString("state")).isEqualTo("running");
    good("DELETE", "/replays/" + id, null, 204);
    JsonObject over = good("GET", "/replays/" + id, null, 200);
    assertThat(over.getString("state")).isEqualTo("cancelled");
    assertThat(over.getInteger("delivered")).isZero();
    good("PATCH", "/destinations/crm", new JsonObject().put("enabled", true), 200);
    publish("app.order.new", "a", 4);
    eventually(() -> receiver.taken().contains(4));
    assertThat(receiver.taken()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void everyMistakeInAReplayIsNamed() throws Exception {
    destination();
    good(
        "POST",
        "/routes",
        new JsonObject()
            .put("id", "crm")
            .put("match", "app.#")
            .put("to", new JsonObject().put("destination", "crm")),
        201);
    JsonObject bad =
        new JsonObject()
            .put("consumer", "crm")
            .put("toSeq", 0)
            .put("toTime", "noon")
            .put("topic", "a..b")
            .put("subject", 7)
            .put("ratePerSecond", 0)
            .put("colour", "red");
    JsonObject problem =
        assertProblem(admin.call("POST", base + "/replays", OPERATOR, bad), 400, "validation");
    assertThat(fields(problem))
        .contains(
            "consumer",
            "fromSeq",
            "toSeq",
            "toTime",
            "topic",
            "subject",
            "ratePerSecond",
            "colour");
    assertThat(problem.encode()).contains("destination:crm or route:crm");
    JsonObject nobody = new JsonObject().put("consumer", "nobody").put("fromSeq", 1);
    assertThat(
            fields(
                assertProblem(
                    admin.call("POST", base + "/replays", OPERATOR, nobody), 400, "validation")))
        .containsExactly("consumer");
    for (String method : List.of("GET", "DELETE")) {
      assertProblem(admin.call(method, base + "/replays/none", OPERATOR, null), 404, "not-found");
    }
  }

  @Test
  void guestsSeeCountsReviewersMessagesAndAdminsAct() throws Exception {
    String guest = admin.key(tenant, "guest");
    String reviewer = admin.key(tenant, "reviewer");
    String id = publish("app.x", "a", 1);
    assertThat(admin.call("GET", base + "/ledger", guest, null).statusCode()).isEqualTo(200);
    assertThat(admin.call("GET", base + "/replays", guest, null).statusCode()).isEqualTo(200);
    assertProblem(admin.call("GET", base + "/messages/" + id, guest, null), 403, "forbidden");
    assertThat(admin.call("GET", base + "/messages/" + id, reviewer, null).statusCode())
        .isEqualTo(200);
    assertProblem(
        admin.call("POST", base + "/replays", reviewer, new JsonObject()), 403, "forbidden");
    assertProblem(admin.call("DELETE", base + "/replays/x", reviewer, null), 403, "forbidden");
    String stranger = admin.key(admin.tenant(), "admin");
    for (String path : List.of("/ledger", "/replays", "/messages/" + id)) {
      assertProblem(admin.call("GET", base + path, stranger, null), 404, "not-found");
    }
  }
}

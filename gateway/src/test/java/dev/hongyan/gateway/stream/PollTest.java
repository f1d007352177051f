package dev.hongyan.gateway.stream;

import static dev.hongyan.gateway.stream.EventStreamTest.name;
import static dev.hongyan.gateway.stream.EventStreamTest.numbers;
import static dev.hongyan.gateway.stream.EventStreamTest.publish;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.WsClient;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.consume.Ledger;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.log.LogStore;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PollTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static CompletableFuture<HttpResponse<String>> ask(
      String tenant, String token, String query) {
    return HTTP.sendAsync(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + gateway.port()
                        + "/api/v1/tenants/"
                        + tenant
                        + "/poll?"
                        + query))
            .header("Authorization", "Bearer " + token)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonObject poll(String tenant, String query) throws Exception {
    HttpResponse<String> answer =
        ask(tenant, gateway.token(tenant, "poller"), query).get(20, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body());
  }

  private static List<JsonObject> items(JsonObject answer) {
    List<JsonObject> out = new ArrayList<>();
    answer.getJsonArray("items").forEach(i -> out.add((JsonObject) i));
    return out;
  }

  @Test
  void whatIsNotAcknowledgedComesAgainAndWhatIsDoesNot() throws Exception {
    String topic = "app." + name();
    String query = "sub=" + name() + "&topics=" + topic;
    try (WsClient pub = gateway.connect("acme", name())) {
      JsonObject first = poll("acme", query + "&waitMs=0");
      assertThat(first.getString("verdict")).isEqualTo("new");
      assertThat(items(first)).isEmpty();
      publish(pub, 1, 10, topic, null);
      JsonObject one = poll("acme", query + "&max=4");
      assertThat(one.getString("verdict")).isEqualTo("resumed");
      assertThat(numbers(items(one))).containsExactly(1, 2, 3, 4);
      assertThat(numbers(items(poll("acme", query + "&max=4")))).containsExactly(1, 2, 3, 4);
      JsonObject two = poll("acme", query + "&max=4&ack=" + one.getString("cursor"));
      assertThat(numbers(items(two))).containsExactly(5, 6, 7, 8);
      assertThat(numbers(items(poll("acme", query + "&max=4")))).containsExactly(5, 6, 7, 8);
      JsonObject three = poll("acme", query + "&ack=" + two.getString("cursor"));
      assertThat(numbers(items(three))).containsExactly(9, 10);
      JsonObject end = poll("acme", query + "&waitMs=0&ack=" + three.getString("cursor"));
      assertThat(items(end)).isEmpty();
      assertThat(items(poll("acme", query + "&waitMs=0"))).isEmpty();
      String sub = query.substring("sub=".length(), query.indexOf('&'));
      assertThat(ledger(sub).delivered()).isEqualTo(10);
    }
  }

  private static Ledger ledger(String sub) {
    CursorStore cursors = new CursorStore(gateway.redis().link(), Clock.system(), () -> "unused");
    CursorStore.Stored name =
        gateway.redis().await(cursors.list("acme")).stream()
            .filter(n -> n.name().equals(sub))
            .findFirst()
            .orElseThrow();
    Ledger ledger = Ledger.of(name, gateway.redis().await(gateway.log().head("acme")));
    assertThat(ledger.isBalanced()).isTrue();
    return ledger;
  }

  @Test
  void aPollWaitsForTheFirstMessage() throws Exception {
    String tenant = tenant();
    CompletableFuture<HttpResponse<String>> waiting =
        ask(tenant, gateway.token(tenant, "poller"), "sub=s&topics=app.t");
    GatewayFixture.eventually(
        () ->
            gateway.sessionsOf(tenant).stream()
                .anyMatch(s -> s.subscriptions().get(0).cursor().length() > 2));
    try (WsClient pub = gateway.connect(tenant, name())) {
      publish(pub, 1, 1, "app.t", null);
    }
    JsonObject answer = new JsonObject(waiting.get(15, TimeUnit.SECONDS).body());
    assertThat(numbers(items(answer))).containsExactly(1);
    assertThat(answer.getString("cursor")).isEqualTo(items(answer).get(0).getString("cursor"));
  }

  @Test
  void aReaderThatKeepsItsOwnCursorGetsAllInBatchesOfAtMostMax() throws Exception {
    String tenant = tenant();
    try (WsClient pub = gateway.connect(tenant, name())) {
      String cursor = poll(tenant, "waitMs=0&topics=app.t").getString("cursor");
      for (int i = 0; i < 700; i += 2) {
        publish(pub, i, 1, "app.t", null);
        publish(pub, i + 1, 1, "app.for.others", null);
      }
      List<Integer> got = new ArrayList<>();
      int polls = 0;
      while (got.size() < 350) {
        JsonObject answer = poll(tenant, "max=100&topics=app.t&cursor=" + cursor);
        assertThat(items(answer)).hasSizeBetween(1, 100);
        got.addAll(numbers(items(answer)));
        cursor = answer.getString("cursor");
        polls++;
      }
      assertThat(got).isSorted().doesNotHaveDuplicates().hasSize(350);
      assertThat(polls).isGreaterThanOrEqualTo(4);
      JsonObject rest = poll(tenant, "waitMs=0&topics=app.t&cursor=" + cursor);
      assertThat(items(rest)).isEmpty();
      assertThat(rest.getString("cursor")).endsWith(":700"); // over what was for others
    }
  }

  @Test
  void aNewerPollOfTheNameEndsTheOneThatWaits() throws Exception {
    String tenant = tenant();
    String token = gateway.token(tenant, "poller");
    CompletableFuture<HttpResponse<String>> older = ask(tenant, token, "sub=s&topics=app.t");
    GatewayFixture.eventually(
        () ->
            gateway.sessionsOf(tenant).stream()
                .anyMatch(s -> s.subscriptions().get(0).cursor().length() > 2));
    JsonObject newer = poll(tenant, "sub=s&topics=app.t&waitMs=0");
    assertThat(newer.getString("verdict")).isEqualTo("resumed");
    HttpResponse<String> ended = older.get(15, TimeUnit.SECONDS);
    assertThat(ended.statusCode()).isEqualTo(409);
    assertThat(new JsonObject(ended.body()).getString("code")).isEqualTo("replaced");
  }

  @Test
  void whatRetentionTookIsTold() throws Exception {
    String tenant = tenant();
    try (WsClient pub = gateway.connect(tenant, name())) {
      String cursor = poll(tenant, "waitMs=0").getString("cursor");
      publish(pub, 1, 300, "app.t", null);
      assertThat(
              RedisFixture.await(
                  gateway
                      .log()
                      .trim(tenant, new LogStore.Retention(100, Duration.ZERO), 0, Long.MAX_VALUE)))
          .isEqualTo(200);
      JsonObject answer = poll(tenant, "max=1&cursor=" + cursor);
      assertThat(answer.getString("verdict")).isEqualTo("gap");
      JsonObject gap = answer.getJsonArray("gaps").getJsonObject(0);
      assertThat(gap.getString("from")).isEqualTo(cursor);
      assertThat(gap.getString("to")).endsWith(":200");
      assertThat(numbers(items(answer))).containsExactly(201);
    }
  }

  @Test
  void aBatchIsClosedAtAboutAMebibyte() throws Exception {
    String tenant = tenant();
    try (WsClient pub = gateway.connect(tenant, name())) {
      publish(pub, 1, 60, "app.t", "x".repeat(40_000));
      List<Integer> got = new ArrayList<>();
      String cursor = "first";
      while (got.size() < 60) {
        JsonObject answer = poll(tenant, "max=500&cursor=" + cursor);
        assertThat(answer.encode().length()).isLessThan(1_200_000);
        got.addAll(numbers(items(answer)));
        cursor = answer.getString("cursor");
      }
      assertThat(got).isSorted().doesNotHaveDuplicates();
    }
  }

  @Test
  void refusalsAreProblems() throws Exception {
    String token = gateway.token("acme", "poller");
    assertRefused("acme", "", "", 401);
    assertRefused("bolt", token, "sub=s", 404);
    assertRefused("nobody", token, "sub=s", 404);
    for (String bad :
        List.of("max=0", "max=501", "waitMs=-1", "waitMs=30001", "max=x", "ack=k:1", "x=1")) {
      JsonObject problem = assertRefused("acme", token, bad, 400);
      assertThat(problem.getJsonArray("errors").getJsonObject(0).getString("field"))
          .isEqualTo(bad.substring(0, bad.indexOf('=')));
    }
    assertRefused("acme", token, "sub=s&ack=never-ours", 400);
  }

  @CanIgnoreReturnValue
  private static JsonObject assertRefused(String tenant, String token, String query, int status)
      throws Exception {
    HttpResponse<String> answer = ask(tenant, token, query).get(15, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).as("%s %s", query, answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    return new JsonObject(answer.body());
  }

  private static String tenant() {
    String id = name();
    String made =
        RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", id).put("name", id)))
            .id();
    assertThat(made).isEqualTo(id);
    return id;
  }
}

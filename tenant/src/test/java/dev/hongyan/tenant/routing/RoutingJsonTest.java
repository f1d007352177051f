package dev.hongyan.tenant.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.routing.Route.ToHandler;
import dev.hongyan.tenant.routing.Route.ToSubscription;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingJsonTest {
  static final String SECRET = secretOf(32);

  /** Knows the words "bad" and "good" only. */
  static final RoutingRules RULES =
      new RoutingRules() {
        @Override
        public @Nullable String problemWithPattern(String pattern) {
          return pattern.contains("bad") ? "is a bad pattern" : null;
        }

        @Override
        public @Nullable String problemWithFilter(String filter) {
          return filter.contains("bad") ? "is a bad filter" : null;
        }

        @Override
        public @Nullable String problemWithHandler(String name, String with) {
          return name.contains("bad") || with.contains("bad") ? "is a bad handler" : null;
        }
      };

  static String secretOf(int bytes) {
    byte[] some = new byte[bytes];
    Arrays.fill(some, (byte) 0xfb);
    return "whsec_" + Base64.getEncoder().encodeToString(some);
  }

  static JsonObject crm() {
    return new JsonObject()
        .put("id", "crm")
        .put("url", "https://crm.example/hook?a=1")
        .put("secret", SECRET);
  }

  static JsonObject route() {
    return new JsonObject()
        .put("id", "r1")
        .put("match", "wx.#")
        .put("to", new JsonObject().put("destination", "crm"));
  }

  static ProblemException refusalOf(Supplier<?> reading) {
    return catchThrowableOfType(
        ProblemException.class,
        () -> {
          Object unused = reading.get();
        });
  }

  static List<String> fieldsOf(Supplier<?> reading) {
    ProblemException problem = refusalOf(reading);
    assertThat(problem).as("a problem").isNotNull();
    assertThat(problem.problem()).isEqualTo(Problem.VALIDATION);
    return problem.errors().stream().map(FieldError::field).toList();
  }

  static Route read(JsonObject route) {
    return RoutingJson.route(route, RULES, Map.of("crm", RoutingJson.destination(crm(), RULES)));
  }

  static List<String> wrongIn(UnaryOperator<JsonObject> change) {
    return fieldsOf(() -> RoutingJson.destination(change.apply(crm()), RULES));
  }

  static List<String> wrongInRoute(UnaryOperator<JsonObject> change) {
    return fieldsOf(() -> read(change.apply(route())));
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    Destination d = RoutingJson.destination(crm(), RULES);
    assertThat(RoutingJson.of(d))
        .isEqualTo(
            new JsonObject(
                """
                {"id":"crm","url":"https://crm.example/hook?a=1","topics":[],"concurrency":8,
                 "timeoutMs":15000,"retry":["5s","1m","5m","30m","2h","6h","12h"],"enabled":true}
                """));
    assertThat(d.secret().reveal()).isEqualTo(SECRET);
    assertThat(RoutingJson.of(read(route())))
        .isEqualTo(
            new JsonObject(
                """
                {"id":"r1","match":"wx.#","to":{"destination":"crm"},"concurrency":8,"queue":1000,
                 "priority":5}
                """));
  }

  @Test
  void everythingThatIsSaidComesBack() {
    JsonObject destination =
        crm()
            .put("topics", new JsonArray().add("wx.#").add("app.*"))
            .put("concurrency", 256)
            .put("timeoutMs", 100)
            .put("retry", new JsonArray().add("100ms").add("1s").add("90s").add("24h"))
            .put("enabled", false);
    JsonObject shown = RoutingJson.of(RoutingJson.destination(destination, RULES));
    assertThat(shown.put("secret", SECRET).put("timeoutMs", 100)).isEqualTo(destination);

    JsonObject whole =
        route()
            .put("concurrency", 1)
            .put("queue", 10_000)
            .put("priority", 0)
            .put("fallback", true)
            .put("reply", new JsonObject().put("windows", 2))
            .put("filter", "event.subject == 'a'")
            .put(
                "to",
                new JsonObject()
                    .put("handler", "forward")
                    .put("with", new JsonObject().put("deep", new JsonArray().add(1))));
    assertThat(RoutingJson.of(read(whole))).isEqualTo(whole);
  }

  @Test
  void threeWindowsAreWhatTrueMeans() {
    JsonObject three = route().put("reply", new JsonObject().put("windows", 3));
    assertThat(read(three))
        .isEqualTo(read(route().put("reply", true)))
        .extracting(Route::replyWindows)
        .isEqualTo(3);
    assertThat(read(route().put("reply", false)).replyWindows()).isZero();
  }

  @Test
  void aRouteLeadsToOneOfThreeKinds() {
    UnaryOperator<JsonObject> to = target -> route().put("to", target);
    assertThat(read(to.apply(new JsonObject().put("subscription", "Pos 7"))).to())
        .isEqualTo(new ToSubscription("Pos 7"));
    assertThat(read(to.apply(new JsonObject().put("handler", "h"))).to())
        .isEqualTo(new ToHandler("h", "{}"));
    assertThat(
            wrongInRoute(
                r -> to.apply(new JsonObject().put("destination", "nobody")).put("queue", 0)))
        .containsExactlyInAnyOrder("to.destination", "queue");
    assertThat(wrongInRoute(r -> to.apply(new JsonObject()))).containsExactly("to");
    assertThat(wrongInRoute(r -> to.apply(r.getJsonObject("to").copy().put("subscription", "pos"))))
        .containsExactly("to");
    assertThat(wrongInRoute(r -> r.putNull("to"))).containsExactly("to");
    assertThat(
            wrongInRoute(r -> to.apply(r.getJsonObject("to").copy().put("with", new JsonObject()))))
        .containsExactly("to.with");
  }

  @Test
  void everyBadFieldOfADestinationIsNamedWithoutItsValue() {
    JsonObject bad =
        new JsonObject()
            .put("id", "CRM")
            .put("url", "ftp://s3cr3t.example")
            .put("topics", new JsonArray().add("wx.#").add("bad").add(7))
            .put("secret", "whsec_s3cr3t")
            .put("concurrency", 257)
            .put("timeoutMs", 99)
            .put("retry", new JsonArray().add("5s").add("99ms").add("25h").add("s3cr3t"))
            .put("enabled", "yes")
            .put("colour", "s3cr3t")
            .put("disabled", new JsonObject())
            .put("previousSecrets", new JsonArray());
    ProblemException problem = refusalOf(() -> RoutingJson.destination(bad, RULES));
    assertThat(problem.errors())
        .extracting(FieldError::field)
        .containsExactlyInAnyOrder(
            "id",
            "url",
            "topics[1]",
            "topics[2]",
            "secret",
            "concurrency",
            "timeoutMs",
            "retry[1]",
            "retry[2]",
            "retry[3]",
            "enabled",
            "colour",
            "disabled",
            "previousSecrets");
    assertThat(problem.errors() + problem.getMessage()).doesNotContain("s3cr3t");
  }

  @Test
  void everyBadFieldOfARouteIsNamed() {
    JsonObject bad =
        new JsonObject()
            .put("match", "bad")
            .put("to", new JsonObject().put("handler", "bad").put("more", 1))
            .put("concurrency", 0)
            .put("queue", 10_001)
            .put("priority", 10)
            .put("fallback", 1)
            .put("reply", new JsonObject().put("windows", 4).put("x", 1))
            .put("filter", "bad")
            .put("colour", "red");
    assertThat(fieldsOf(() -> read(bad)))
        .containsExactlyInAnyOrder(
            "id",
            "match",
            "to.handler",
            "to.more",
            "concurrency",
            "queue",
            "priority",
            "fallback",
            "reply.windows",
            "reply.x",
            "filter",
            "colour");
    assertThat(wrongInRoute(r -> r.put("reply", 2))).containsExactly("reply");
    assertThat(wrongInRoute(r -> r.put("reply", new JsonObject())))
        .containsExactly("reply.windows");
    assertThat(wrongInRoute(r -> r.put("filter", "x".repeat(2_049)))).containsExactly("filter");
    assertThat(
            wrongInRoute(
                r ->
                    r.put(
                        "to",
                        new JsonObject()
                            .put("handler", "h")
                            .put("with", new JsonObject().put("x", "y".repeat(4_096))))))
        .containsExactly("to.with");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://a.example",
        "HTTPS://a.example:8443/x/%20y?z=1",
        "http://[::1]:9/",
        "http://10.0.0.1/",
        "http://crm"
      })
  void addressesThatCanBeCalledAreTaken(String url) {
    assertThat(RoutingJson.destination(crm().put("url", url), RULES).url()).isEqualTo(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.example",
        "/hook",
        "http:///hook",
        "http:a.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:pass@a.example/",
        "https://user@a.example/",
        "https://a.example/#part",
        "https://a.example/\r\nX: y",
        "https://a.example/x y",
        "https://bücher.example/",
        "https://a.example/ü",
        "https://a_b.example/",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:99999999999/"
      })
  void addressesThatCannotAreRefused(String url) {
    assertThat(wrongIn(d -> d.put("url", url))).containsExactly("url");
  }

  @Test
  void anAddressHasAtMost2048Characters() {
    String base = "https://a.example/";
    String longest = base + "x".repeat(2_048 - base.length());
    assertThat(RoutingJson.destination(crm().put("url", longest), RULES).url()).isEqualTo(longest);
    assertThat(wrongIn(d -> d.put("url", longest + "x"))).containsExactly("url");
  }

  @Test
  void aSecretIs24To64BytesInPlainBase64() {
    for (int bytes : List.of(24, 32, 64)) {
      String secret = secretOf(bytes);
      assertThat(RoutingJson.destination(crm().put("secret", secret), RULES).secret())
          .isEqualTo(Secret.of(secret));
    }
    for (String bad :
        List.of(
            secretOf(23),
            secretOf(65),
            SECRET.substring(6),
            SECRET.replace("=", ""),
            SECRET.replace('+', '-').replace('/', '_'),
            SECRET + "\n",
            "whsec_")) {
      assertThat(wrongIn(d -> d.put("secret", bad))).as(bad).containsExactly("secret");
    }
    assertThat(wrongIn(d -> d.putNull("secret"))).containsExactly("secret");
  }

  @Test
  void listsHaveTheirLimits() {
    JsonArray retries = new JsonArray();
    JsonArray topics = new JsonArray();
    for (int i = 0; i < 20; i++) {
      retries.add("1s");
    }
    for (int i = 0; i < 100; i++) {
      topics.add("app." + i);
    }
    Destination full =
        RoutingJson.destination(crm().put("retry", retries).put("topics", topics), RULES);
    assertThat(full.retry()).hasSize(20).allMatch(Duration.ofSeconds(1)::equals);
    assertThat(full.topics()).hasSize(100);
    assertThat(
            wrongIn(d -> d.put("retry", retries.copy().add("1s")).put("topics", topics.add("x"))))
        .containsExactlyInAnyOrder("retry", "topics");
    assertThat(RoutingJson.destination(crm().put("retry", new JsonArray()), RULES).retry())
        .isEmpty();
  }

  @Test
  void whatIsStoredIsReadAsItWasAndIsNotAskedAboutAgain() {
    Destination rotated =
        RoutingJson.destination(crm().put("topics", new JsonArray().add("a")), RULES)
            .rotated(Secret.of(secretOf(24)), Duration.ofHours(1), 1_000)
            .switchedOff("gone", 2_000);
    Route route = read(route().put("reply", true));
    Routing routing = new Routing(Map.of("crm", rotated), Map.of("r1", route));
    String destinations = RoutingJson.storedDestinations(routing);
    String routes = RoutingJson.storedRoutes(routing);
    assertThat(RoutingJson.stored(destinations, routes)).isEqualTo(routing);
    assertThat(RoutingJson.stored(null, null)).isSameAs(Routing.NONE);
    // Written by a newer node, or checked by rules that have changed since.
    assertThat(
            RoutingJson.stored(
                    destinations.replace("\"url\"", "\"later\":1,\"url\""),
                    routes.replace("\"match\"", "\"later\":1,\"match\"").replace("wx.#", "bad"))
                .routes()
                .get("r1")
                .match())
        .isEqualTo("bad");
  }

  @Test
  void aFileIsReadAsAWhole() {
    JsonObject file =
        new JsonObject()
            .put(
                "destinations",
                new JsonArray()
                    .add(
                        crm()
                            .put(
                                "previousSecrets",
                                new JsonArray()
                                    .add(
                                        new JsonObject()
                                            .put("secret", secretOf(24))
                                            .put("until", "2026-12-31T00:00:00Z")))))
            .put("routes", new JsonArray().add(route()));
    Form form = new Form(file);
    Routing routing = RoutingJson.file(form, RULES);
    form.check();
    assertThat(routing.destinations().get("crm").previousSecrets())
        .containsExactly(
            new Destination.PreviousSecret(Secret.of(secretOf(24)), 1_798_675_200_000L));
    assertThat(routing.consumers()).containsExactly("route:r1");
  }

  @Test
  void aFilesMistakesAreNamedByTheirPlace() {
    JsonObject noSecret = crm();
    noSecret.remove("secret");
    JsonObject file =
        new JsonObject()
            .put("destinations", new JsonArray().add(crm()).add(crm()).add(noSecret.put("id", "b")))
            .put(
                "routes",
                new JsonArray()
                    .add(route())
                    .add(route())
                    .add(
                        route()
                            .put("id", "r2")
                            .put("to", new JsonObject().put("destination", "nobody"))));
    Form form = new Form(file);
    Routing unused = RoutingJson.file(form, RULES);
    ProblemException problem = catchThrowableOfType(ProblemException.class, form::check);
    assertThat(problem.errors())
        .extracting(FieldError::field)
        .containsExactlyInAnyOrder(
            "destinations[1].id",
            "destinations[2].secret",
            "routes[1].id",
            "routes[2].to.destination");
    assertThat(problem.errors())
        .anyMatch(e -> e.message().startsWith("is required in a file: whsec_"));
  }

  @Test
  void aRotatedSecretSignsUntilItEndsAndAtMostThreeDo() {
    Destination d = RoutingJson.destination(crm(), RULES);
    for (int i = 0; i < 5; i++) {
      d = d.rotated(Secret.of("s" + i), Duration.ofSeconds(10 - i), 1_000);
    }
    assertThat(d.secret()).isEqualTo(Secret.of("s4"));
    assertThat(d.previousSecrets())
        .extracting(Destination.PreviousSecret::untilMillis)
        .containsExactly(11_000L, 10_000L, 9_000L);
    Destination later = d.rotated(Secret.of("s5"), Duration.ofSeconds(1), 9_500);
    assertThat(later.previousSecrets())
        .extracting(Destination.PreviousSecret::untilMillis)
        .containsExactly(11_000L, 10_500L, 10_000L);
    assertThat(d.rotated(Secret.of("s6"), Duration.ZERO, 1_000).previousSecrets()).isEmpty();
  }

  @Test
  void madeSecretsAndIdsAreOnesThatWouldBeTaken() {
    Random random = new Random(7);
    JsonObject body =
        crm()
            .put("id", RoutingJson.newId("d-", random))
            .put("secret", RoutingJson.newSecret(random).reveal());
    Destination made = RoutingJson.destination(body, RULES);
    assertThat(Base64.getDecoder().decode(made.secret().reveal().substring(6))).hasSize(32);
    assertThat(made + RoutingJson.of(made).encode()).doesNotContain(made.secret().reveal());
  }
}

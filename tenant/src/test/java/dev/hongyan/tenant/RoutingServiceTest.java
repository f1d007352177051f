package dev.hongyan.tenant;

import static dev.hongyan.tenant.TenantServiceTest.assertProblem;
import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.RoutingJson;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoutingServiceTest {
  static final long NOW = 1_790_000_000_000L;
  static RedisFixture redis;

  final Sealer sealer = new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
  final TenantDirectory directory = new TenantDirectory();
  final ManualTime time = new ManualTime(NOW);

  /** What the places were told, each with whether the store had that consumer at that moment. */
  final List<String> told = new CopyOnWriteArrayList<>();

  volatile Future<Void> placesAnswer = Future.succeededFuture();
  TenantService tenants;
  RoutingService routing;

  @BeforeAll
  static void open() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void close() {
    redis.close();
  }

  @BeforeEach
  void fresh() {
    redis.clear();
    tenants = another(directory);
    routing = tenants.routing();
    await(tenants.create(TenantServiceTest.acme()));
  }

  TenantService another(TenantDirectory into) {
    return new TenantService(
        redis.link(),
        sealer,
        into,
        new VertxTimers(redis.vertx()),
        time,
        RoutingRules.NONE,
        new ConsumerPlaces() {
          @Override
          public Future<Void> begins(String tenant, String consumer) {
            return note("+", tenant, consumer);
          }

          @Override
          public Future<Void> ends(String tenant, String consumer) {
            return note("-", tenant, consumer);
          }
        });
  }

  Future<Void> note(String what, String tenant, String consumer) {
    return tenants
        .read(tenant)
        .map(t -> t.routing().consumers().contains(consumer))
        .recover(missing -> Future.succeededFuture(false))
        .compose(
            there -> {
              told.add(what + consumer + (there ? " there" : " not there"));
              return placesAnswer;
            });
  }

  static JsonObject crm() {
    return new JsonObject()
        .put("id", "crm")
        .put("url", "https://crm.example/hook")
        .put("topics", new JsonArray().add("wx.#"));
  }

  static JsonObject toCrm() {
    return new JsonObject()
        .put("id", "scans")
        .put("match", "wx.mp.event.SCAN.#")
        .put("to", new JsonObject().put("destination", "crm"));
  }

  static List<String> fields(Future<?> refused) {
    return catchThrowableOfType(ProblemException.class, () -> await(refused)).errors().stream()
        .map(FieldError::field)
        .toList();
  }

  @Test
  void aDestinationIsInTheDirectoryBeforeItsCreationIsAnswered() {
    Boolean there =
        await(
            routing
                .createDestination("acme", crm())
                .map(made -> directory.find("acme").routing().destinations().containsKey("crm")));
    assertThat(there).isTrue();
    assertThat(await(routing.readDestination("acme", "crm")))
        .isEqualTo(directory.find("acme").routing().destinations().get("crm"));
  }

  @Test
  void anIdAndASecretThatAreMissingAreMadeAndTheSecretIsHandedOutOnce() {
    JsonObject body = crm();
    body.remove("id");
    RoutingService.Made made = await(routing.createDestination("acme", body));
    assertThat(made.secret()).isEqualTo(made.destination().secret());
    assertThat(made.destination().id()).startsWith("d-");
    RoutingService.Made other = await(routing.createDestination("acme", body));
    assertThat(other.destination().id()).isNotEqualTo(made.destination().id());
    assertThat(other.secret()).isNotEqualTo(made.secret());
    String given = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    assertThat(await(routing.createDestination("acme", crm().put("secret", given))).secret())
        .isNull();
    JsonObject route = toCrm();
    route.remove("id");
    assertThat(await(routing.createRoute("acme", route)).id()).startsWith("r-");
    assertThat(body.containsKey("secret") || body.containsKey("id")).isFalse();
  }

  @Test
  void noSecretIsReadableInRedis() {
    RoutingService.Made made = await(routing.createDestination("acme", crm()));
    await(routing.rotateSecret("acme", "crm", new JsonObject()));
    assertThat(StoredText.of(redis))
        .contains("section:destinations")
        .doesNotContain(made.secret().reveal(), "whsec_", "crm.example");
  }

  @Test
  void anotherProcessReadsTheSame() {
    await(routing.createDestination("acme", crm().put("retry", new JsonArray().add("200ms"))));
    await(routing.createRoute("acme", toCrm().put("reply", true)));
    await(routing.rotateSecret("acme", "crm", new JsonObject().put("overlapSeconds", 60)));
    await(routing.disableDestination("acme", "crm", "gone"));
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other = another(elsewhere);
    await(other.start());
    other.stop();
    assertThat(elsewhere.find("acme").routing()).isEqualTo(directory.find("acme").routing());
    assertThat(elsewhere.find("acme").routing().routes().get("scans").replyWindows()).isEqualTo(3);
  }

  @Test
  void whatIsMissingOrTakenIsSaid() {
    await(routing.createDestination("acme", crm()));
    await(routing.createRoute("acme", toCrm()));
    assertProblem(Problem.CONFLICT, () -> await(routing.createDestination("acme", crm())));
    assertProblem(Problem.CONFLICT, () -> await(routing.createRoute("acme", toCrm())));
    assertProblem(Problem.NOT_FOUND, () -> await(routing.createDestination("other", crm())));
    assertProblem(Problem.NOT_FOUND, () -> await(routing.readDestination("acme", "x")));
    assertProblem(Problem.NOT_FOUND, () -> await(routing.deleteDestination("acme", "x")));
    assertProblem(
        Problem.NOT_FOUND, () -> await(routing.rotateSecret("acme", "x", new JsonObject())));
    assertProblem(Problem.NOT_FOUND, () -> await(routing.disableDestination("acme", "x", "gone")));
    assertProblem(Problem.NOT_FOUND, () -> await(routing.readRoute("acme", "x")));
    assertProblem(
        Problem.NOT_FOUND, () -> await(routing.patchRoute("acme", "x", new JsonObject())));
    assertProblem(Problem.NOT_FOUND, () -> await(routing.deleteRoute("acme", "x")));
  }

  @Test
  void aRouteNamesADestinationThatIsThere() {
    assertThat(fields(routing.createRoute("acme", toCrm()))).containsExactly("to.destination");
    await(routing.createDestination("acme", crm()));
    await(routing.createRoute("acme", toCrm()));
    JsonObject elsewhere =
        new JsonObject().put("to", new JsonObject().put("destination", "nobody"));
    assertThat(fields(routing.patchRoute("acme", "scans", elsewhere)))
        .containsExactly("to.destination");
    assertThatThrownBy(() -> await(routing.deleteDestination("acme", "crm")))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.CONFLICT))
        .hasMessageContaining("scans");
    await(routing.deleteRoute("acme", "scans"));
    await(routing.deleteDestination("acme", "crm"));
    assertThat(directory.find("acme").routing().destinations()).isEmpty();
  }

  @Test
  void aPatchMergesAndTheSecretStays() {
    RoutingService.Made made =
        await(routing.createDestination("acme", crm().put("concurrency", 3)));
    Destination patched =
        await(
            routing.patchDestination(
                "acme",
                "crm",
                new JsonObject()
                    .put("timeoutMs", 500)
                    .putNull("concurrency")
                    .put("topics", new JsonArray())));
    assertThat(patched.timeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(patched.concurrency()).isEqualTo(Destination.DEFAULT_CONCURRENCY);
    assertThat(patched.topics()).isEmpty();
    assertThat(patched.url()).isEqualTo("https://crm.example/hook");
    assertThat(patched.secret()).isEqualTo(made.secret());
    String other = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    Destination replaced =
        await(routing.patchDestination("acme", "crm", new JsonObject().put("secret", other)));
    assertThat(replaced.secret().reveal()).isEqualTo(other);
    assertThat(replaced.previousSecrets()).isEmpty();
    for (JsonObject refused :
        List.of(
            new JsonObject().put("id", "b"),
            new JsonObject().putNull("secret"),
            new JsonObject().put("disabled", new JsonObject()),
            new JsonObject().put("previousSecrets", new JsonArray()))) {
      assertThat(fields(routing.patchDestination("acme", "crm", refused)))
          .containsExactlyElementsOf(refused.fieldNames());
    }

    await(routing.createRoute("acme", toCrm().put("filter", "true")));
    Route route =
        await(
            routing.patchRoute(
                "acme",
                "scans",
                new JsonObject()
                    .putNull("filter")
                    .put(
                        "to", new JsonObject().putNull("destination").put("subscription", "pos"))));
    assertThat(route.filter()).isNull();
    assertThat(route.to()).isEqualTo(new Route.ToSubscription("pos"));
    assertThat(route.match()).isEqualTo("wx.mp.event.SCAN.#");
  }

  @Test
  void aRotatedSecretSignsToo() {
    RoutingService.Made first = await(routing.createDestination("acme", crm()));
    RoutingService.Made second = await(routing.rotateSecret("acme", "crm", new JsonObject()));
    assertThat(second.secret()).isNotEqualTo(first.secret());
    Destination now = directory.find("acme").routing().destinations().get("crm");
    assertThat(now.secret()).isEqualTo(second.secret());
    assertThat(now.previousSecrets())
        .containsExactly(
            new Destination.PreviousSecret(first.secret(), NOW + Duration.ofDays(1).toMillis()));
    time.advance(Duration.ofDays(2));
    Destination later =
        await(routing.rotateSecret("acme", "crm", new JsonObject().put("overlapSeconds", 60)))
            .destination();
    assertThat(later.previousSecrets())
        .containsExactly(
            new Destination.PreviousSecret(second.secret(), time.wallMillis() + 60_000));
    assertThat(
            await(routing.rotateSecret("acme", "crm", new JsonObject().put("overlapSeconds", 0)))
                .destination()
                .previousSecrets())
        .isEmpty();
    assertThat(
            fields(
                routing.rotateSecret(
                    "acme", "crm", new JsonObject().put("overlapSeconds", -1).put("x", 1))))
        .containsExactlyInAnyOrder("overlapSeconds", "x");
  }

  @Test
  void whatThePlatformSwitchesOffStaysOffUntilSomebodySwitchesItOn() {
    await(routing.createDestination("acme", crm()));
    Destination off = await(routing.disableDestination("acme", "crm", "gone"));
    assertThat(off.enabled()).isFalse();
    assertThat(RoutingJson.of(off).getJsonObject("disabled"))
        .isEqualTo(new JsonObject().put("reason", "gone").put("at", "2026-09-21T14:13:20Z"));
    long version = directory.find("acme").version();
    time.advance(Duration.ofMinutes(1));
    assertThat(await(routing.disableDestination("acme", "crm", "failing"))).isEqualTo(off);
    assertThat(directory.find("acme").version()).isEqualTo(version);
    assertThat(
            await(
                routing.patchDestination(
                    "acme", "crm", new JsonObject().put("url", "http://other.example"))))
        .matches(d -> !d.enabled() && off.disabled().equals(d.disabled()));
    Destination on =
        await(routing.patchDestination("acme", "crm", new JsonObject().put("enabled", true)));
    assertThat(on.enabled()).isTrue();
    assertThat(on.disabled()).isNull();
  }

  @Test
  void theirPlacesInTheLogAreThereBeforeTheyAreAndGoAfterThem() {
    await(routing.createDestination("acme", crm()));
    await(routing.createRoute("acme", toCrm()));
    assertThat(told).containsExactly("+destination:crm not there", "+route:scans not there");
    told.clear();
    await(routing.patchDestination("acme", "crm", new JsonObject().put("concurrency", 2)));
    await(routing.patchRoute("acme", "scans", new JsonObject().put("match", "app.#")));
    await(tenants.patch("acme", new JsonObject().put("name", "A")));
    await(routing.rotateSecret("acme", "crm", new JsonObject()));
    assertThat(told).isEmpty();
    await(routing.patchDestination("acme", "crm", new JsonObject().put("topics", new JsonArray())));
    assertThat(told).containsExactly("-destination:crm not there");
    told.clear();
    await(routing.patchDestination("acme", "crm", crm()));
    await(routing.deleteRoute("acme", "scans"));
    await(routing.deleteDestination("acme", "crm"));
    assertThat(told)
        .containsExactly(
            "+destination:crm not there", "-route:scans not there", "-destination:crm not there");
  }

  @Test
  void withoutAPlaceInTheLogNothingIsWritten() {
    placesAnswer = Future.failedFuture(Problem.STORE_UNAVAILABLE.because("away"));
    assertProblem(Problem.STORE_UNAVAILABLE, () -> await(routing.createDestination("acme", crm())));
    assertThat(await(routing.listDestinations("acme", null, 10)).items()).isEmpty();
    placesAnswer = Future.succeededFuture();
    await(routing.createDestination("acme", crm()));
    placesAnswer = Future.failedFuture(Problem.STORE_UNAVAILABLE.because("away"));
    await(routing.deleteDestination("acme", "crm"));
    assertThat(directory.find("acme").routing().destinations()).isEmpty();
  }

  @Test
  void nothingIsToldOfWhatIsRefused() {
    assertThat(fields(routing.createDestination("acme", crm().put("url", "x"))))
        .containsExactly("url");
    assertThat(fields(routing.createRoute("acme", toCrm()))).containsExactly("to.destination");
    assertThat(told).isEmpty();
  }

  @Test
  void listsArePagedInTheOrderOfIds() {
    for (String id : List.of("c", "a", "b")) {
      await(routing.createDestination("acme", crm().put("id", id)));
      await(
          routing.createRoute(
              "acme", toCrm().put("id", id).put("to", new JsonObject().put("destination", id))));
    }
    TenantService.Page<Destination> first = await(routing.listDestinations("acme", null, 2));
    assertThat(first.items()).extracting(Destination::id).containsExactly("a", "b");
    TenantService.Page<Destination> rest = await(routing.listDestinations("acme", first.next(), 2));
    assertThat(rest.items()).extracting(Destination::id).containsExactly("c");
    assertThat(rest.next()).isNull();
    TenantService.Page<Route> routes = await(routing.listRoutes("acme", "a", 1));
    assertThat(routes.items()).extracting(Route::id).containsExactly("b");
    assertThat(routes.next()).isEqualTo("b");
  }

  @Test
  void changesOfOneTenantAtTheSameMomentAllHappen() {
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(routing.createDestination("acme", crm().put("id", "d" + i)));
    }
    all.add(tenants.createAccount("acme", TenantServiceTest.shop()));
    await(Future.all(all));
    Tenant now = await(tenants.read("acme"));
    assertThat(now.routing().destinations()).hasSize(5);
    assertThat(now.accounts()).hasSize(1);
    // A change that lost its turn tells again, of the same place.
    assertThat(new TreeSet<>(now.routing().consumers())).hasSize(5);
  }

  @Test
  void thereAreAtMost200DestinationsAnd500Routes() {
    JsonArray destinations = new JsonArray();
    JsonArray routes = new JsonArray();
    String secret = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    for (int i = 0; i < 200; i++) {
      destinations.add(crm().put("id", "d" + i).put("secret", secret));
    }
    for (int i = 0; i < 500; i++) {
      routes.add(toCrm().put("id", "r" + i).put("to", new JsonObject().put("destination", "d0")));
    }
    JsonObject file =
        new JsonObject().put("id", "full").put("destinations", destinations).put("routes", routes);
    await(tenants.putAll(List.of(TenantJson.file(file, RoutingRules.NONE, "h"))));
    assertThat(told).hasSize(700);
    assertProblem(Problem.CONFLICT, () -> await(routing.createDestination("full", crm())));
    JsonObject another = toCrm().put("to", new JsonObject().put("destination", "d1"));
    assertProblem(Problem.CONFLICT, () -> await(routing.createRoute("full", another)));
    await(routing.deleteRoute("full", "r7"));
    await(routing.createRoute("full", another));
    JsonObject more = file.copy();
    more.getJsonArray("destinations").add(crm().put("secret", secret));
    more.getJsonArray("routes").add(another);
    assertThat(
            catchThrowableOfType(
                    ProblemException.class,
                    () -> {
                      Object unused = TenantJson.file(more, RoutingRules.NONE, "h");
                    })
                .errors())
        .extracting(FieldError::field)
        .containsExactlyInAnyOrder("destinations", "routes");
  }

  @Test
  void allOfATenantsRoutingStaysUnderOneMebibyte() {
    JsonArray topics = new JsonArray();
    for (int i = 0; i < 100; i++) {
      topics.add("app." + "x".repeat(500));
    }
    for (int i = 0; i < 20; i++) {
      await(routing.createDestination("acme", crm().put("id", "d" + i).put("topics", topics)));
    }
    assertProblem(
        Problem.TOO_LARGE,
        () -> await(routing.createDestination("acme", crm().put("topics", topics))));
    await(routing.createDestination("acme", crm()));
  }

  @Test
  void filesTellOfWhatComesAndGoesToo() {
    JsonObject file =
        new JsonObject()
            .put("id", "bolt")
            .put(
                "routes",
                new JsonArray().add(toCrm().put("to", new JsonObject().put("handler", "h"))));
    await(tenants.putAll(List.of(TenantJson.file(file, RoutingRules.NONE, "1"))));
    assertThat(told).containsExactly("+route:scans not there");
    told.clear();
    await(tenants.putAll(List.of(TenantJson.file(file.put("name", "B"), RoutingRules.NONE, "2"))));
    assertThat(told).isEmpty();
    file.getJsonArray("routes").getJsonObject(0).put("id", "other");
    await(tenants.putAll(List.of(TenantJson.file(file, RoutingRules.NONE, "3"))));
    assertThat(told).containsExactly("+route:other not there", "-route:scans not there");
  }

  @Test
  void theConsumerOfSendsComesOnceAndOutlivesThePresentFile() {
    JsonObject file = new JsonObject().put("id", "sender");
    await(tenants.putAll(List.of(TenantJson.file(file, RoutingRules.NONE, "1"))));
    told.clear();
    await(tenants.beginSends("sender"));
    await(tenants.beginSends("sender"));
    assertThat(told).hasSize(1);
    assertThat(told.get(0)).startsWith("+sends");
    await(tenants.patch("sender", new JsonObject().put("name", "S")));
    await(tenants.putAll(List.of(TenantJson.file(file.put("name", "T"), RoutingRules.NONE, "2"))));
    assertThat(told).hasSize(1);
    assertThat(await(tenants.read("sender")).consumers()).containsExactly("sends");
  }
}

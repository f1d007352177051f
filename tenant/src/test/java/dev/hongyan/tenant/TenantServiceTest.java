package dev.hongyan.tenant;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TenantServiceTest {
  static final String KEY_A = "A".repeat(42) + "E";
  static final String KEY_B = "B".repeat(42) + "E";
  static RedisFixture redis;

  final Sealer sealer = new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
  final TenantDirectory directory = new TenantDirectory();
  TenantService service;

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
    service = another(directory);
  }

  TenantService another(TenantDirectory into) {
    return new TenantService(
        redis.link(),
        sealer,
        into,
        new VertxTimers(redis.vertx()),
        Clock.system(),
        RoutingRules.NONE,
        ConsumerPlaces.NONE);
  }

  static JsonObject shop() {
    return new JsonObject()
        .put("id", "shop")
        .put("kind", "mp")
        .put("appId", "wx1234567890abcdef")
        .put("secret", "the-app-secret-of-shop")
        .put("token", "the-push-token")
        .put("encodingAesKey", KEY_A)
        .put("mode", "encrypted");
  }

  static JsonObject acme() {
    return new JsonObject().put("id", "acme").put("name", "Acme");
  }

  static void assertProblem(Problem problem, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
  }

  @Test
  void aTenantIsInTheDirectoryBeforeItsCreationIsAnswered() {
    Boolean there = await(service.create(acme()).map(t -> directory.find("acme") != null));
    assertThat(there).isTrue();
    assertThat(TenantJson.of(await(service.read("acme"))))
        .isEqualTo(
            new JsonObject()
                .put("id", "acme")
                .put("name", "Acme")
                .put("priority", 5)
                .put("source", "api"));
  }

  @Test
  void theSameTenantTwiceIsAConflictAndAMissingOneIsNotFound() {
    await(service.create(acme()));
    assertProblem(Problem.CONFLICT, () -> await(service.create(acme())));
    assertProblem(Problem.NOT_FOUND, () -> await(service.read("other")));
    assertProblem(Problem.NOT_FOUND, () -> await(service.read("Not An Id")));
    assertProblem(Problem.NOT_FOUND, () -> await(service.patch("other", new JsonObject())));
    assertProblem(Problem.NOT_FOUND, () -> await(service.delete("other")));
    assertProblem(Problem.NOT_FOUND, () -> await(service.readAccount("acme", "shop")));
    assertProblem(Problem.NOT_FOUND, () -> await(service.createAccount("other", shop())));
  }

  @Test
  void allBadFieldsAreNamedAtOnceWithoutTheirValues() {
    await(service.create(acme()));
    JsonObject bad =
        shop()
            .put("kind", "fax")
            .put("encodingAesKey", "short-secret")
            .put("id", "SHOP")
            .put("x", 1);
    bad.remove("appId");
    assertThatThrownBy(() -> await(service.createAccount("acme", bad)))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem()).isEqualTo(Problem.VALIDATION);
              assertThat(e.errors())
                  .extracting(FieldError::field)
                  .containsExactlyInAnyOrder("id", "kind", "appId", "encodingAesKey", "x");
              assertThat(e.errors().toString()).doesNotContain("short-secret");
            });
    assertThatThrownBy(
            () ->
                await(
                    service.create(
                        new JsonObject()
                            .put("id", "-no")
                            .put("priority", 77)
                            .put(
                                "retention",
                                new JsonObject().put("age", "soon").put("messages", 0)))))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.errors())
                    .extracting(FieldError::field)
                    .containsExactlyInAnyOrder(
                        "id", "priority", "retention.age", "retention.messages"));
  }

  @Test
  void aPatchMergesAndTheIdStays() {
    await(service.create(acme().put("retention", new JsonObject().put("age", "72h"))));
    Tenant patched =
        await(
            service.patch(
                "acme",
                new JsonObject()
                    .put("priority", 9)
                    .put("retention", new JsonObject().put("messages", 100))));
    assertThat(TenantJson.of(patched).getJsonObject("retention"))
        .isEqualTo(new JsonObject().put("age", "72h").put("messages", 100L));
    assertThat(directory.find("acme").priority()).isEqualTo(9);
    assertThat(await(service.patch("acme", new JsonObject().putNull("retention"))).retention())
        .isEqualTo(Tenant.Retention.DEFAULT);
    assertProblem(
        Problem.VALIDATION, () -> await(service.patch("acme", new JsonObject().put("id", "b"))));
  }

  @Test
  void changesOfOneTenantAtTheSameMomentAllHappen() {
    await(service.create(acme()));
    List<Future<Account>> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(service.createAccount("acme", shop().put("id", "shop-" + i)));
    }
    await(Future.all(all));
    assertThat(await(service.read("acme")).accounts()).hasSize(5);
    assertThat(directory.find("acme").accounts()).hasSize(5);
  }

  @Test
  void aNewTokenOrKeyKeepsTheFormerOneAsPrevious() {
    await(service.create(acme()));
    await(service.createAccount("acme", shop()));
    await(
        service.patchAccount(
            "acme", "shop", new JsonObject().put("token", "newer").put("encodingAesKey", KEY_B)));
    Account rotated = directory.find("acme", "shop");
    assertThat(rotated.token().reveal()).isEqualTo("newer");
    assertThat(rotated.previousToken().reveal()).isEqualTo("the-push-token");
    assertThat(rotated.encodingAesKey().reveal()).isEqualTo(KEY_B);
    assertThat(rotated.previousEncodingAesKey().reveal()).isEqualTo(KEY_A);
    await(service.patchAccount("acme", "shop", new JsonObject().put("appId", "wx2")));
    assertThat(directory.find("acme", "shop").previousToken().reveal()).isEqualTo("the-push-token");
    await(service.patchAccount("acme", "shop", new JsonObject().putNull("previousToken")));
    assertThat(directory.find("acme", "shop").previousToken()).isNull();
  }

  @Test
  void noSecretIsReadableInRedisNorInWhatGoesOut() {
    await(service.create(acme()));
    Account account = await(service.createAccount("acme", shop()));
    await(service.patchAccount("acme", "shop", new JsonObject().put("token", "newer-token")));
    assertThat(TenantJson.of(account).encode() + account)
        .doesNotContain("the-app-secret-of-shop", "the-push-token", KEY_A);
    String everything = StoredText.of(redis);
    assertThat(everything)
        .contains("wx1234567890abcdef")
        .doesNotContain("the-app-secret-of-shop", "the-push-token", "newer-token", KEY_A);
  }

  @Test
  void listsArePagedInTheOrderOfIds() {
    for (String id : List.of("c", "a", "e", "b", "d")) {
      await(service.create(new JsonObject().put("id", id)));
    }
    TenantService.Page<Tenant> first = await(service.list(null, 2));
    assertThat(first.items()).extracting(Tenant::id).containsExactly("a", "b");
    TenantService.Page<Tenant> second = await(service.list(first.next(), 3));
    assertThat(second.items()).extracting(Tenant::id).containsExactly("c", "d", "e");
    assertThat(second.next()).isNull();
    assertProblem(Problem.BAD_REQUEST, () -> await(service.list("(x", 2)));
  }

  @Test
  void aDeletedTenantLeavesNothingBehindAndItsNeighbourEverything() {
    await(service.create(acme()));
    await(service.create(new JsonObject().put("id", "acme-2")));
    for (String t : List.of("acme", "acme-2")) {
      redis.send(Command.SET, "hy:{" + t + "}:seen:shop:1", "1");
      redis.send(Command.XADD, "hy:{" + t + "}:log", "1-0", "e", "x");
    }
    await(service.delete("acme"));
    assertThat(redis.keys())
        .noneMatch(k -> k.startsWith("hy:{acme}"))
        .contains("hy:{acme-2}:log", "hy:{acme-2}:seen:shop:1", "hy:{acme-2}:config:tenant");
    assertThat(directory.find("acme")).isNull();
    assertThat(await(service.list(null, 10)).items())
        .extracting(Tenant::id)
        .containsExactly("acme-2");
    await(service.create(acme()));
    assertThat(directory.find("acme")).isNotNull();
  }

  @Test
  void anotherProcessSeesEveryChangeByItself() {
    await(service.create(acme()));
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other = another(elsewhere);
    await(other.start());
    assertThat(elsewhere.find("acme")).isNotNull();
    Promise<TenantDirectory.Change> added = Promise.promise();
    Promise<TenantDirectory.Change> removed = Promise.promise();
    elsewhere.onChange(
        c -> {
          if (c.isAdded()) {
            added.tryComplete(c);
          } else if (c.isRemoved()) {
            removed.tryComplete(c);
          }
        });
    await(service.create(new JsonObject().put("id", "late")));
    assertThat(await(added.future()).tenant()).isEqualTo("late");
    await(service.delete("late"));
    assertThat(await(removed.future()).tenant()).isEqualTo("late");
    assertThat(elsewhere.find("late")).isNull();
    other.stop();
  }

  @Test
  void aTenantSealedWithAnotherKeyDoesNotHideTheOthers() {
    await(service.create(acme()));
    await(service.create(new JsonObject().put("id", "good")));
    await(service.createAccount("acme", shop()));
    byte[] otherKey = new byte[32];
    otherKey[0] = 1;
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other =
        new TenantService(
            redis.link(),
            new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(otherKey))),
            elsewhere,
            new VertxTimers(redis.vertx()),
            Clock.system(),
            RoutingRules.NONE,
            ConsumerPlaces.NONE);
    await(other.start());
    other.stop();
    assertThat(elsewhere.find("good")).isNotNull();
    assertThat(elsewhere.find("acme")).isNull();
  }

  @Test
  void tenThousandTenantsAreLoadedInTwoSecondsAndAreSmall() {
    List<Tenant> many =
        IntStream.range(0, 10_000)
            .mapToObj(
                i ->
                    TenantJson.file(
                        new JsonObject()
                            .put("id", "t-" + i)
                            .put("name", "Tenant number " + i)
                            .put("accounts", new JsonArray().add(shop().put("appId", "wx" + i))),
                        RoutingRules.NONE,
                        "hash-" + i))
            .toList();
    long began = System.nanoTime();
    await(service.putAll(many));
    long written = System.nanoTime();
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other = another(elsewhere);
    await(other.start());
    long loaded = System.nanoTime();
    other.stop();
    assertThat(elsewhere.size()).isEqualTo(10_000);
    assertThat(elsewhere.find("t-9999", "shop").token().reveal()).isEqualTo("the-push-token");
    System.out.printf(
        "10,000 tenants: written in %d ms, loaded in %d ms%n",
        (written - began) / 1_000_000, (loaded - written) / 1_000_000);
  }
}

package dev.hongyan.tenant;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.access.RoleBook;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessServiceTest {
  static final String SECRET = "a secret of 32 bytes at the least";
  static RedisFixture redis;

  final TenantService here = node();
  final TenantService there = node();

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
    await(here.create(new JsonObject().put("id", "acme")));
    await(there.start());
  }

  @AfterEach
  void stop() {
    there.stop();
  }

  static TenantService node() {
    return new TenantService(
        redis.link(),
        new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32]))),
        new TenantDirectory(),
        new VertxTimers(redis.vertx()),
        Clock.system(),
        RoutingRules.NONE,
        ConsumerPlaces.NONE);
  }

  static JsonObject idp() {
    return new JsonObject().put("id", "idp").put("issuer", "https://idp").put("secret", SECRET);
  }

  static void eventually(BooleanSupplier so) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!so.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not so within 20 s");
      }
      Thread.onSpinWait();
    }
  }

  static void assertProblem(Problem problem, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
  }

  @Test
  void aRoleThatIsChangedOnOneNodeIsChangedOnTheOther() {
    Set<String> reads = Set.of("messages:read");
    assertThat(there.access().find("acme").roles().of(Role.GUEST)).isNull();
    await(here.access().putRole("acme", Role.GUEST, reads, 100));
    assertThat(here.access().find("acme").roles().permissions(Role.GUEST, "key:1"))
        .isEqualTo(reads); // at once
    eventually(
        () -> reads.equals(there.access().find("acme").roles().permissions(Role.GUEST, "key:1")));
    await(here.access().takeRoleBack("acme", Role.GUEST));
    eventually(() -> there.access().find("acme").roles().of(Role.GUEST) == null);
    assertThat(there.access().find("acme")).isSameAs(AccessRules.DEFAULT);
  }

  @Test
  void whatWasReadOnceIsNotReadAgain() {
    await(here.access().putRole("acme", Role.GUEST, Set.of(), 100));
    RoleBook once = here.access().find("acme").roles();
    await(here.patch("acme", new JsonObject().put("name", "Another name")));
    assertThat(here.access().find("acme").roles()).isSameAs(once);
  }

  @Test
  void anIssuerIsKeptSealedAndKnownOnBothNodes() {
    await(here.access().createIssuer("acme", idp()));
    eventually(() -> there.access().find("acme").issuers().containsKey("idp"));
    assertThat(there.access().find("acme").issuers().get("idp").secret().reveal())
        .isEqualTo(SECRET);
    assertThat(redis.send(Command.HGETALL, "hy:{acme}:config:tenant").toString())
        .doesNotContain(SECRET);
    await(here.access().deleteIssuer("acme", "idp"));
    eventually(() -> there.access().find("acme").issuers().isEmpty());
  }

  @Test
  void aChangeOfAnIssuerKeepsItsSecretAndAnotherKindOfKeysTakesItsPlace() {
    await(here.access().createIssuer("acme", idp()));
    JsonObject audience = new JsonObject().put("audience", "api");
    assertThat(await(here.access().patchIssuer("acme", "idp", audience)).secret().reveal())
        .isEqualTo(SECRET);
    JsonObject url =
        new JsonObject()
            .putNull("secret")
            .put("algorithms", new JsonArray().add("RS256"))
            .put("jwksUrl", "https://idp/keys");
    assertThat(await(here.access().patchIssuer("acme", "idp", url)).secret()).isNull();
    assertProblem(
        Problem.VALIDATION,
        () ->
            await(
                here.access().patchIssuer("acme", "idp", new JsonObject().put("secret", SECRET))));
  }

  @Test
  void twoIssuersDifferAndAMissingOneIsMissing() {
    await(here.access().createIssuer("acme", idp()));
    assertProblem(Problem.CONFLICT, () -> await(here.access().createIssuer("acme", idp())));
    assertProblem(
        Problem.CONFLICT,
        () -> await(here.access().createIssuer("acme", idp().put("id", "again"))));
    assertProblem(Problem.NOT_FOUND, () -> await(here.access().readIssuer("acme", "none")));
    assertProblem(Problem.NOT_FOUND, () -> await(here.access().deleteIssuer("acme", "none")));
    assertProblem(Problem.NOT_FOUND, () -> await(here.access().createIssuer("none", idp())));
  }
}

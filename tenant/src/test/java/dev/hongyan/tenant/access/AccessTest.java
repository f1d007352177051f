package dev.hongyan.tenant.access;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AccessTest {
  static RedisFixture redis;

  final ManualTime time = new ManualTime(1_800_000_000_000L);
  final Sealer sealer = new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
  final ApiKeys keys = new ApiKeys(redis.link(), time);

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
  }

  static void assertRefused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem()).isEqualTo(Problem.UNAUTHENTICATED));
  }

  ClientTokens tokens() {
    return await(ClientTokens.open(redis.link(), sealer, time));
  }

  String mint(ClientTokens tokens) {
    return tokens
        .mint("acme", "pos-1", List.of("wx.#"), List.of("app.x"), Duration.ofHours(1))
        .reveal();
  }

  @Test
  void theOperatorKeyIsMadeOnceShownOnceAndKeptAsHash() {
    OperatorKey first = await(OperatorKey.open(redis.link(), null));
    String key = first.justMade().reveal();
    assertThat(key).matches("hyo_[0-9a-f]{64}");
    OperatorKey again = await(OperatorKey.open(redis.link(), null));
    assertThat(again.justMade()).isNull();
    assertThat(again.matches(key)).isTrue();
    assertThat(again.matches(key + "0")).isFalse();
    assertThat(again.matches("")).isFalse();
    assertThat(redis.send(Command.GET, "hy:operator").toString()).doesNotContain(key.substring(4));
    OperatorKey configured = await(OperatorKey.open(redis.link(), "chosen"));
    assertThat(configured.matches("chosen")).isTrue();
    assertThat(configured.matches(key)).isFalse();
  }

  @Test
  void aKeyCanBeCheckedByItsDigestAndOnlyInItsTenant() {
    ApiKeys.Made made = await(keys.create("acme", new JsonObject().put("role", "guest")));
    String digest = ApiKeys.digest(made.secret().reveal());
    assertThat(await(keys.verifyDigest("acme", digest)).key()).isEqualTo(made.key().id());
    assertRefused(() -> await(keys.verifyDigest("other", digest)));
    assertRefused(() -> await(keys.verifyDigest("acme", ApiKeys.digest("x"))));
    await(keys.delete("acme", made.key().id()));
    assertRefused(() -> await(keys.verifyDigest("acme", digest)));
  }

  @Test
  void aTokenSaysWhoHoldsItAlsoAfterARestart() {
    String token = mint(tokens());
    Caller.Client client = tokens().verify(token);
    assertThat(client.tenant()).isEqualTo("acme");
    assertThat(client.subject()).isEqualTo("pos-1");
    assertThat(client.topics()).containsExactly("wx.#");
    assertThat(client.publish()).containsExactly("app.x");
    assertThat(client.maySee("acme")).isTrue();
    assertThat(client.maySee("other")).isFalse();
  }

  @Test
  void aTokenEndsAtItsTimeEvenWhenItIsRemembered() {
    ClientTokens tokens = tokens();
    String token = mint(tokens);
    assertThat(tokens.verify(token)).isNotNull();
    time.advance(Duration.ofMinutes(59));
    assertThat(tokens.verify(token)).isNotNull();
    time.advance(Duration.ofMinutes(1));
    assertRefused(() -> tokens.verify(token));
    assertRefused(() -> tokens().verify(token));
  }

  @Test
  void noCharacterOfATokenCanBeChanged() {
    ClientTokens tokens = tokens();
    String token = mint(tokens);
    // The last character carries spare bits of base64, so it is left out.
    for (int i = 0; i < token.length() - 1; i++) {
      char other = token.charAt(i) == 'A' ? 'B' : 'A';
      String forged = token.substring(0, i) + other + token.substring(i + 1);
      assertRefused(() -> tokens.verify(forged));
    }
  }

  @Test
  void tokensOfOthersAreRefused() throws Exception {
    ClientTokens tokens = tokens();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .claim("tenant", "acme")
            .subject("x")
            .expirationTime(new Date(time.wallMillis() + 60_000))
            .build();
    SignedJWT foreign = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    foreign.sign(new MACSigner(new byte[32]));
    assertRefused(() -> tokens.verify(foreign.serialize()));
    assertRefused(() -> tokens.verify(new PlainJWT(claims).serialize()));
    assertRefused(() -> tokens.verify(""));
    assertRefused(() -> tokens.verify("a.b.c"));
    assertRefused(() -> tokens.verify("x".repeat(100_000)));
  }

  @Test
  void aTokenThatAsksForTooMuchIsNotMade() {
    ClientTokens tokens = tokens();
    assertThatThrownBy(() -> tokens.mint("acme", " ", List.of(), List.of(), Duration.ofDays(31)))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.errors()).hasSize(2));
  }

  @Test
  void aKeyIsShownOnceAndFoundByItsHash() {
    ApiKeys.Made made =
        await(
            keys.create(
                "acme",
                new JsonObject()
                    .put("role", "contributor")
                    .put("scopes", new JsonArray().add("token:read"))));
    Caller.TenantKey caller = await(keys.verify(made.secret().reveal()));
    assertThat(caller.tenant()).isEqualTo("acme");
    assertThat(caller.may("acme", "token:read")).isTrue();
    assertThat(caller.may("acme", "other")).isFalse();
    assertThat(caller.may("other", "token:read")).isFalse();
    assertThat(await(keys.list("acme"))).containsExactly(made.key());
    assertThat(redis.send(Command.HGETALL, "hy:{acme}:config:keys").toString())
        .doesNotContain(made.secret().reveal().substring(10));
    assertThat(made.toString()).doesNotContain(made.secret().reveal());
  }

  @Test
  void aKeyOfOneTenantIsNoKeyOfAnother() {
    String secret =
        await(keys.create("acme", new JsonObject().put("role", "admin"))).secret().reveal();
    assertRefused(() -> await(keys.verify(secret.replace("hyk_acme_", "hyk_other_"))));
    assertRefused(() -> await(keys.verify(secret.substring(0, secret.length() - 1) + "g")));
    assertRefused(() -> await(keys.verify("hyk_")));
    assertRefused(() -> await(keys.verify("")));
    assertThat(await(keys.verify(secret)).may("acme", "anything")).isTrue();
  }

  @Test
  void aDeletedKeyEndsHereAtOnceAndElsewhereWithinASecond() {
    ApiKeys elsewhere = new ApiKeys(redis.link(), time);
    ApiKeys.Made made = await(keys.create("acme", new JsonObject().put("role", "guest")));
    String secret = made.secret().reveal();
    await(keys.verify(secret));
    await(elsewhere.verify(secret));
    await(keys.delete("acme", made.key().id()));
    assertRefused(() -> await(keys.verify(secret)));
    time.advance(Duration.ofSeconds(1));
    assertRefused(() -> await(elsewhere.verify(secret)));
    assertThat(await(keys.list("acme"))).isEmpty();
  }

  @Test
  void aKeyEndsAtItsTimeAndBadWishesAreNamedTogether() {
    String secret =
        await(
                keys.create(
                    "acme",
                    new JsonObject()
                        .put("role", "guest")
                        .put(
                            "expiresAt", Instant.ofEpochMilli(time.wallMillis() + 500).toString())))
            .secret()
            .reveal();
    await(keys.verify(secret));
    time.advance(Duration.ofMillis(500));
    assertRefused(() -> await(keys.verify(secret)));
    assertThatThrownBy(
            () ->
                await(
                    keys.create(
                        "acme",
                        new JsonObject().put("role", "king").put("expiresAt", "2020").put("y", 1))))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.errors()).hasSize(3));
  }
}

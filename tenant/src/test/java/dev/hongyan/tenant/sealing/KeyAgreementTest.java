package dev.hongyan.tenant.sealing;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.access.ClientTokens;
import dev.hongyan.tenant.audit.AuditDraft;
import dev.hongyan.tenant.audit.AuditLog;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.MasterKeyFile;
import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyAgreementTest {
  private static final String ISSUER_SECRET = "an-issuer-secret-of-32-bytes-at-least";

  static RedisFixture redis;

  @TempDir Path dir;
  private final TenantDirectory directory = new TenantDirectory();
  private Member a;
  private Member b;

  @BeforeAll
  static void open() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void close() {
    redis.close();
  }

  /** A node, as far as master keys go, with its own copy of the file. */
  final class Member {
    final MasterKeyFile file;
    final Sealer sealer;
    final KeyAgreement keys;
    final SealedTexts texts;

    Member(String name, Path file) throws IOException {
      this.file = MasterKeyFile.at(file, dir);
      this.sealer = new Sealer(this.file.readOrMake());
      VertxTimers timers = new VertxTimers(redis.vertx());
      this.keys =
          new KeyAgreement(
              name,
              sealer,
              this.file::read,
              read -> redis.vertx().executeBlocking(read, false),
              redis.link(),
              timers);
      this.texts = new SealedTexts(redis.link(), sealer, directory, timers);
    }

    Member join() {
      await(keys.join());
      keys.follow(texts);
      return this;
    }
  }

  @BeforeEach
  void two() throws IOException {
    redis.clear();
    a = new Member("a", dir.resolve("a.key")).join();
    Files.copy(dir.resolve("a.key"), dir.resolve("b.key"));
    b = new Member("b", dir.resolve("b.key")).join();
  }

  @AfterEach
  void stop() {
    await(a.keys.stop());
    await(b.keys.stop());
  }

  static void until(BooleanSupplier is) {
    long end = System.nanoTime() + 30_000_000_000L;
    while (!is.getAsBoolean()) {
      assertThat(System.nanoTime()).as("it never came to that").isLessThan(end);
      await(Future.<Void>future(p -> redis.vertx().setTimer(20, t -> p.complete())));
    }
  }

  private TenantService tenants() {
    return new TenantService(
        redis.link(),
        a.sealer,
        directory,
        new VertxTimers(redis.vertx()),
        Clock.system(),
        RoutingRules.NONE,
        ConsumerPlaces.NONE);
  }

  /** Something in every place where sealed texts are. */
  private void fill() {
    TenantService tenants = tenants();
    await(tenants.create(new JsonObject().put("id", "acme").put("name", "v1:0badc0de:AAAA")));
    await(
        tenants.createAccount(
            "acme",
            new JsonObject()
                .put("id", "shop")
                .put("kind", "mp")
                .put("appId", "wx1")
                .put("secret", "the-secret")
                .put("originalId", "v1:0badc0de:AAAA")
                .put("token", "the-token")));
    await(
        tenants
            .routing()
            .createDestination(
                "acme",
                new JsonObject()
                    .put("id", "crm")
                    .put("url", "https://example.com/in")
                    .put("topics", new JsonArray().add("wx.#"))));
    await(
        tenants
            .access()
            .createIssuer(
                "acme",
                new JsonObject()
                    .put("id", "idp")
                    .put("issuer", "https://idp.example")
                    .put("secret", ISSUER_SECRET)));
    for (String scope : List.of(AuditLog.PLATFORM, "acme")) {
      act(scope);
      act(scope);
    }
    await(ClientTokens.open(redis.link(), a.sealer, Clock.system()));
    String head = "7 1 7200000";
    var unused =
        redis.send(
            Command.SET,
            Keys.of("acme").token("shop", "stable"),
            head
                + " "
                + a.sealer.seal(SealContext.token("acme", "shop", "stable", "wx1", head), "tok"),
            "PX",
            "7200000");
    unused =
        redis.send(
            Command.SET,
            Keys.of("acme").token("gone", "stable"),
            head
                + " "
                + a.sealer.seal(SealContext.token("acme", "gone", "stable", "wx0", head), "tok"),
            "PX",
            "7200000");
    unused =
        redis.send(
            Command.SET,
            Keys.of("acme").answer("d1"),
            "0".repeat(64) + a.sealer.seal(SealContext.answer("d1"), "whole"),
            "EX",
            "86400");
  }

  private static AuditLog audit(Member by) {
    return new AuditLog(redis.link(), by.sealer, Clock.system());
  }

  private void act(String scope) {
    AuditDraft draft =
        new AuditDraft("operator", "PATCH x", new JsonObject(), "192.0.2.7", "v1:0badc0de:AAAA");
    await(audit(a).record(scope, draft, AuditLog.DONE, new JsonArray()));
  }

  /** Both nodes find the chain whole, and so many entries in it. */
  private void assertWhole(String scope, long entries) {
    for (Member each : List.of(a, b)) {
      AuditLog.Verdict verdict = await(audit(each).verify(scope, 0, 500));
      assertThat(verdict.broken()).isNull();
      assertThat(verdict.entries()).isEqualTo(entries);
    }
  }

  private String turn() throws IOException {
    String fresh = a.file.add(MasterKey.make(new SecureRandom()));
    Files.copy(a.file.path(), dir.resolve("c.key"));
    Files.move(dir.resolve("c.key"), b.file.path(), StandardCopyOption.REPLACE_EXISTING);
    until(() -> b.sealer.keys().sealing().id().equals(fresh));
    until(() -> a.sealer.keys().sealing().id().equals(fresh));
    return fresh;
  }

  /** Everything in the store, as text. */
  private static String dump() {
    StringBuilder all = new StringBuilder();
    for (String key : redis.keys()) {
      all.append(key).append(' ');
      switch (redis.send(Command.TYPE, key).toString()) {
        case "string" -> all.append(redis.send(Command.GET, key));
        case "hash" -> all.append(redis.send(Command.HGETALL, key));
        case "zset" -> all.append(redis.send(Command.ZRANGE, key, "0", "-1"));
        default -> all.append(redis.send(Command.XRANGE, key, "-", "+"));
      }
      all.append('\n');
    }
    return all.toString();
  }

  @Test
  void aNewKeySealsOnlyOnceEveryNodeWantsItAndThenEverythingIsSealedAnew() throws Exception {
    String old = a.sealer.keys().wanted();
    fill();
    assertThat(await(a.texts.count()).byKey()).containsOnlyKeys(old);

    String fresh = a.file.add(MasterKey.make(new SecureRandom()));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(a.file.path())))
        .isEqualTo("rw-------");
    until(() -> a.sealer.keys().ids().contains(fresh));
    until(
        () ->
            await(Agreed.read(redis.link())).nodes().stream()
                .anyMatch(n -> n.name().equals("a") && n.wants().equals(fresh)));
    assertThat(a.sealer.keys().sealing().id()).as("b does not know it").isEqualTo(old);
    assertThat(await(Agreed.read(redis.link())).active()).isEqualTo(old);

    Files.copy(a.file.path(), dir.resolve("c.key"));
    Files.move(dir.resolve("c.key"), b.file.path(), StandardCopyOption.REPLACE_EXISTING);
    until(() -> a.sealer.keys().sealing().id().equals(fresh));
    until(() -> b.sealer.keys().sealing().id().equals(fresh));
    until(() -> await(Agreed.read(redis.link())).done());

    assertThat(dump()).doesNotContain("v1:" + old);
    for (String scope : List.of(AuditLog.PLATFORM, "acme")) {
      assertWhole(scope, 2);
      act(scope);
      assertWhole(scope, 3);
    }
    assertThat(await(tenants().access().readIssuer("acme", "idp")).secret().reveal())
        .isEqualTo(ISSUER_SECRET);
    assertThat(await(b.texts.count()).byKey()).containsOnlyKeys(fresh);
    assertThat(await(tenants().read("acme")).account("shop").secret().reveal())
        .isEqualTo("the-secret");
    assertThat(redis.keys()).contains(Keys.of("acme").token("shop", "stable"));
    assertThat(redis.keys())
        .as("nobody could have opened it")
        .doesNotContain(Keys.of("acme").token("gone", "stable"));
    assertThat(redis.send(Command.PTTL, Keys.of("acme").answer("d1")).toLong())
        .isBetween(1L, 86_400_000L);
    assertThat(
            b.sealer
                .open(
                    SealContext.answer("d1"),
                    redis.send(Command.GET, Keys.of("acme").answer("d1")).toString().substring(64))
                .reveal())
        .isEqualTo("whole");

    a.file.remove(old);
    b.file.remove(old);
    until(() -> a.sealer.keys().ids().size() == 1 && b.sealer.keys().ids().size() == 1);
    assertThat(await(tenants().read("acme")).account("shop")).isNotNull();
  }

  @Test
  void theHeadsOfAuditChainsAreCountedAndOpenUnderEitherKey() throws Exception {
    String old = a.sealer.keys().wanted();
    fill();
    long all = await(a.texts.count()).byKey().get(old);
    for (String head : List.of(Keys.AUDIT_HEAD, Keys.of("acme").auditHead())) {
      String seal = redis.send(Command.HGET, head, "seal").toString();
      var unused = redis.send(Command.HDEL, head, "seal");
      assertThat(await(a.texts.count()).byKey().get(old)).isEqualTo(all - 1);
      unused = redis.send(Command.HSET, head, "seal", seal);
    }
    String fresh = turn();
    // Whether they were sealed anew by now or not must make no difference.
    act("acme");
    assertWhole("acme", 3);
    assertWhole(AuditLog.PLATFORM, 2);
    until(() -> await(Agreed.read(redis.link())).done());
    assertWhole("acme", 3);
    assertWhole(AuditLog.PLATFORM, 2);
    assertThat(await(a.texts.count()).byKey()).containsOnlyKeys(fresh);
  }

  @Test
  void theNewKeyDoesNotMakeAForgedHeadGood() throws Exception {
    fill();
    String mine = Keys.of("acme").auditHead();
    String forged = redis.send(Command.HGET, Keys.AUDIT_HEAD, "seal").toString();
    var unused = redis.send(Command.HSET, mine, "seal", forged);
    String fresh = turn();
    until(() -> !a.keys.state().stuck().isEmpty() || !b.keys.state().stuck().isEmpty());
    assertThat(Stream.of(a, b).flatMap(each -> each.keys.state().stuck().stream()))
        .allMatch(name -> name.startsWith(mine + " seal under "));
    assertThat(redis.send(Command.HGET, mine, "seal").toString()).isEqualTo(forged);
    assertThat(await(audit(a).verify("acme", 0, 500)).broken())
        .isEqualTo(new AuditLog.Break(2, "head"));
    Agreed agreed = await(Agreed.read(redis.link()));
    assertThat(agreed.active()).isEqualTo(fresh);
    assertThat(agreed.done()).isFalse();
  }

  @Test
  void aNodeThatDoesNotKnowTheKeyInUseDoesNotStart() throws IOException {
    Member stranger = new Member("c", dir.resolve("stranger.key"));
    assertThatThrownBy(() -> await(stranger.keys.join()))
        .hasMessageContaining(a.sealer.keys().wanted())
        .hasMessageContaining("not known here");
    assertThat(await(Agreed.read(redis.link())).nodes())
        .extracting(Agreed.Node::name)
        .containsExactly("a", "b");
  }

  @Test
  void aFileThatCannotBeReadLeavesTheKeysAsTheyWere() throws IOException {
    String key = a.sealer.keys().wanted();
    Files.writeString(a.file.path(), "half a k");
    until(() -> a.keys.state().trouble() != null);
    assertThat(a.keys.state().trouble()).contains("line 1").doesNotContain("half");
    assertThat(a.sealer.keys().ids()).containsExactly(key);
    Files.copy(b.file.path(), a.file.path(), StandardCopyOption.REPLACE_EXISTING);
    until(() -> a.keys.state().trouble() == null);
  }

  @Test
  void whatTenantsWriteIsNotTakenForSealedText() {
    fill();
    assertThat(await(a.texts.count()).byKey()).doesNotContainKey("0badc0de");
  }

  @Test
  void everySlotOfAClusterHasAPlace() {
    assertThat(StoreWalk.crc16("123456789")).isEqualTo(0x31C3);
    for (int[] range : new int[][] {{0, 5460}, {5461, 10922}, {10923, 16383}, {7, 7}}) {
      int slot = StoreWalk.crc16(StoreWalk.placeIn(range[0], range[1])) % 16384;
      assertThat(slot).isBetween(range[0], range[1]);
    }
  }
}

package dev.hongyan.token.store;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.testing.RedisFixture;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.Credential;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenMode;
import dev.hongyan.token.lease.LeaseEffect;
import dev.hongyan.token.lease.LeaseEvent;
import dev.hongyan.token.lease.StoredToken;
import io.vertx.redis.client.Command;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TokenStoreTest {
  private static final RedisFixture REDIS = RedisFixture.start();
  private static final String KEY = "hy:{acme}:token:v1:shop:stable";
  private static final Credential SHOP = new Credential("acme", "shop", TokenKind.ACCESS);
  private static final AppCredentials APP =
      new AppCredentials("wx1", Secret.of("s"), TokenMode.STABLE);

  private final TokenStore store = store(TokenStore.Limits.DEFAULT);

  @AfterAll
  static void stop() {
    REDIS.close();
  }

  @BeforeEach
  void clear() {
    REDIS.clear();
  }

  @Test
  void oneRefreshAtATimeAndTheOthersFindWhatItBrought() {
    LeaseEvent.Locked mine = (LeaseEvent.Locked) ask(0, 0, false, false);
    assertThat(mine.before()).isNull();
    assertThat(((LeaseEvent.Held) ask(0, 0, false, false)).leftMillis()).isBetween(1L, 1_500L);

    assertThat(save("a", mine.fence())).isInstanceOf(LeaseEvent.Saved.class);
    StoredToken found = ((LeaseEvent.Found) ask(0, 0, false, false)).token();
    assertThat(found.value().reveal()).isEqualTo("a");
    assertThat(found.fence()).isEqualTo(mine.fence());
    assertThat(found.lifeMillis()).isEqualTo(7_200_000);
    assertThat(found.leftMillis()).isBetween(7_100_000L, 7_200_000L);

    LeaseEvent.Locked next = (LeaseEvent.Locked) ask(found.fence(), 0, false, false);
    assertThat(next.fence()).isGreaterThan(mine.fence());
    assertThat(next.before().value().reveal()).isEqualTo("a");
  }

  @Test
  void anOlderAnswerNeverOverwritesANewerToken() {
    long slow = ((LeaseEvent.Locked) ask(0, 0, false, false)).fence();
    lockEnds();
    long fast = ((LeaseEvent.Locked) ask(0, 0, false, false)).fence();
    assertThat(save("older", slow)).isInstanceOf(LeaseEvent.Lost.class);
    assertThat(save("newer", fast)).isInstanceOf(LeaseEvent.Saved.class);
    LeaseEvent.Overtaken late = (LeaseEvent.Overtaken) save("older", slow);
    assertThat(late.token().value().reveal()).isEqualTo("newer");
    assertThat(await(store.keep(SHOP, APP, slow))).isFalse();
  }

  @Test
  void aLockIsKeptAndGivenBackOnlyByItsHolder() {
    long fence = ((LeaseEvent.Locked) ask(0, 0, false, false)).fence();
    var shortened = REDIS.send(Command.PEXPIRE, KEY + ":lock", 900);
    assertThat(await(store.keep(SHOP, APP, fence))).isTrue();
    assertThat(REDIS.send(Command.PTTL, KEY + ":lock").toLong()).isGreaterThan(900);
    var others = await(store.release(SHOP, APP, fence - 1));
    assertThat(ask(0, 0, false, false)).isInstanceOf(LeaseEvent.Held.class);
    var own = await(store.release(SHOP, APP, fence));
    assertThat(ask(0, 0, false, false)).isInstanceOf(LeaseEvent.Locked.class);
  }

  @Test
  void aRefusedTokenIsReplacedOnceWithinTheCoolDownAlsoAfterADeath() {
    long first = refreshed("a", 0, 0, false);
    assertThat(ask(0, first, true, false)).isInstanceOf(LeaseEvent.Locked.class);
    lockEnds(); // its holder died; the next one may do the same work
    long second = refreshed("b", 0, first, true);
    LeaseEvent.Cooling no = (LeaseEvent.Cooling) ask(0, second, true, false);
    assertThat(no.token().value().reveal()).isEqualTo("b");
    assertThat(no.leftMillis()).isBetween(20_000L, 30_000L);
  }

  @Test
  void forcedRefreshesAreCountedForTheDay() {
    TokenStore hasty =
        store(
            new TokenStore.Limits(
                Duration.ofMillis(1500), Duration.ofSeconds(30), Duration.ZERO, 20));
    for (int i = 0; i < 20; i++) {
      assertThat(ask(hasty, 0, 0, false, true)).isInstanceOf(LeaseEvent.Locked.class);
      lockEnds();
    }
    assertThat(((LeaseEvent.ForceLimited) ask(hasty, 0, 0, false, true)).leftMillis())
        .isBetween(1L, 86_400_000L);
    assertThat(ask(hasty, 0, 0, false, false)).isInstanceOf(LeaseEvent.Locked.class);
  }

  @Test
  void numbersGrowEvenWhenTheStoreForgotEverything() {
    long before = refreshed("a", 0, 0, false);
    REDIS.clear();
    assertThat(refreshed("b", before, 0, false)).isGreaterThan(before);
  }

  @Test
  void whatWasChangedOrBelongsElsewhereReadsAsAbsent() {
    long fence = refreshed("a", 0, 0, false);
    String text = REDIS.send(Command.GET, KEY).toString();
    String longer = text.replaceFirst(" 7200000 ", " 9999999 ");
    var changed = REDIS.send(Command.SET, KEY, longer, "PX", 7_200_000);
    LeaseEvent.Locked again = (LeaseEvent.Locked) ask(0, 0, false, false);
    assertThat(again.before()).isNull();
    assertThat(again.fence()).isGreaterThan(fence);

    lockEnds();
    var rubbish = REDIS.send(Command.SET, KEY, "rubbish", "PX", 7_200_000);
    assertThat(refreshed("c", 0, 0, false)).isGreaterThan(again.fence());
  }

  private long refreshed(String value, long known, long stale, boolean replacing) {
    long fence = ((LeaseEvent.Locked) ask(known, stale, replacing, false)).fence();
    assertThat(save(value, fence)).isInstanceOf(LeaseEvent.Saved.class);
    return fence;
  }

  private void lockEnds() {
    var unused = REDIS.send(Command.DEL, KEY + ":lock");
  }

  private LeaseEvent ask(long known, long stale, boolean replacing, boolean force) {
    return ask(store, known, stale, replacing, force);
  }

  private static LeaseEvent ask(
      TokenStore store, long known, long stale, boolean replacing, boolean force) {
    return await(store.ask(SHOP, APP, new LeaseEffect.Ask(1, known, stale, replacing, force)));
  }

  private LeaseEvent save(String value, long fence) {
    return await(
        store.save(
            SHOP,
            APP,
            new LeaseEffect.Save(
                1, new StoredToken(Secret.of(value), fence, fence, 7_200_000, 7_200_000))));
  }

  private static TokenStore store(TokenStore.Limits limits) {
    Sealer sealer = new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
    return new TokenStore(REDIS.link(), sealer, Clock.system(), limits);
  }
}

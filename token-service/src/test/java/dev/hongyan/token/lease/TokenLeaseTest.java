package dev.hongyan.token.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenReply;
import dev.hongyan.token.TokenReply.Granted;
import dev.hongyan.token.TokenReply.Refused;
import dev.hongyan.token.lease.LeaseEffect.What;
import dev.hongyan.wechat.error.ErrcodeClass;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenLeaseTest {
  private static final long LIFE = 7_200_000;

  private final TokenLease lease = new TokenLease(LeasePolicy.DEFAULT, false, () -> 0.5);
  private final List<LeaseEffect> done = new ArrayList<>();
  private final List<TokenReply> replies = new ArrayList<>();
  private long now = -5_000_000; // a monotonic clock may well be below zero

  @Test
  void manyWaitersShareOneRefresh() {
    for (int i = 0; i < 1000; i++) {
      want();
    }
    assertThat(all(LeaseEffect.Ask.class)).hasSize(1);

    on(new LeaseEvent.Locked(1, 100, null));
    assertThat(all(LeaseEffect.Fetch.class)).containsExactly(new LeaseEffect.Fetch(1, 100, false));
    on(new LeaseEvent.Fetched(1, Secret.of("a"), LIFE));
    assertThat(replies).isEmpty();
    on(new LeaseEvent.Saved(1));

    assertThat(replies).hasSize(1000).allMatch(r -> value(r).equals("a"));
    assertThat(published().freshUntilMillis() - now).isEqualTo(LIFE * 8 / 10);
    assertThat(published().expiresAtMillis() - now).isEqualTo(LIFE);
  }

  @Test
  void theOldTokenIsServedWhileTheNewOneComes() {
    fresh("a", 100);
    now += LIFE * 85 / 100;
    want();
    want();

    assertThat(replies).hasSize(2).allMatch(r -> value(r).equals("a"));
    assertThat(last(LeaseEffect.Ask.class)).isEqualTo(new LeaseEffect.Ask(2, 100, 0, false, false));
  }

  @Test
  void itIsRefreshedAheadWithJitterIfAnybodyUsesIt() {
    fresh("a", 100);
    long at = last(LeaseEffect.WakeAt.class).atMillis();
    assertThat(at - now).isEqualTo(LIFE * 75 / 100); // 80 % less half of the jitter

    now = at;
    on(new LeaseEvent.Woken(true));
    assertThat(all(LeaseEffect.Ask.class)).hasSize(2);
  }

  @Test
  void aTokenThatNobodyUsesIsLeftToExpire() {
    fresh("a", 100);
    now = last(LeaseEffect.WakeAt.class).atMillis();
    on(new LeaseEvent.Woken(false));
    assertThat(all(LeaseEffect.Ask.class)).hasSize(1);

    now = last(LeaseEffect.WakeAt.class).atMillis();
    on(new LeaseEvent.Woken(false));
    assertThat(all(LeaseEffect.Withdraw.class)).hasSize(1);
    assertThat(lease.isDisposable()).isTrue();
  }

  @Test
  void onlyTheTokenThatFailedIsDropped() {
    fresh("a", 100);
    stale(100);
    assertThat(all(LeaseEffect.Withdraw.class)).hasSize(1);
    assertThat(last(LeaseEffect.Ask.class)).isEqualTo(new LeaseEffect.Ask(2, 0, 100, true, false));
    on(new LeaseEvent.Locked(2, 200, null));
    on(new LeaseEvent.Fetched(2, Secret.of("b"), LIFE));
    on(new LeaseEvent.Saved(2));
    assertThat(value(replies.get(0))).isEqualTo("b");

    now += 60_000;
    stale(100); // a slow caller
    assertThat(value(replies.get(1))).isEqualTo("b");
    assertThat(all(LeaseEffect.Ask.class)).hasSize(2);
  }

  @Test
  void aSecondStaleAnswerWithinTheCoolDownIsAnErrorAndNoRefresh() {
    fresh("a", 100);
    stale(100);
    on(new LeaseEvent.Locked(2, 200, null));
    on(new LeaseEvent.Fetched(2, Secret.of("b"), LIFE));
    on(new LeaseEvent.Saved(2));
    now += 29_000;
    stale(200);
    Refused no = (Refused) replies.get(1);
    assertThat(no.problem()).isEqualTo(Problem.WECHAT_UNAVAILABLE);
    assertThat(no.retryAfterMillis()).isEqualTo(1_000);
    assertThat(all(LeaseEffect.Ask.class)).hasSize(2);

    now += 1_000;
    stale(200);
    assertThat(all(LeaseEffect.Ask.class)).hasSize(3);
  }

  @Test
  void whenWeChatStandsByTheRefusedTokenTheCallerLearnsItAndTheTokenStays() {
    fresh("a", 100);
    stale(100);
    want();
    on(new LeaseEvent.Locked(2, 200, null));
    on(new LeaseEvent.Fetched(2, Secret.of("a"), LIFE));
    assertThat(replies.get(0)).isInstanceOf(Refused.class);
    on(new LeaseEvent.Saved(2));
    assertThat(value(replies.get(1))).isEqualTo("a");
    assertThat(published().generation()).isEqualTo(100);
  }

  @Test
  void aForeignRefreshIsReportedUnlessTheStoreKnowsBetter() {
    fresh("a", 100);
    stale(100);
    on(new LeaseEvent.Locked(2, 200, null));
    assertThat(notes()).contains(What.FOREIGN_REFRESH);

    done.clear();
    on(new LeaseEvent.Fetched(2, Secret.of("b"), LIFE));
    on(new LeaseEvent.Saved(2));
    now += 60_000;
    stale(200);
    on(new LeaseEvent.Found(3, new StoredToken(Secret.of("c"), 300, 300, LIFE, LIFE)));
    assertThat(notes()).doesNotContain(What.FOREIGN_REFRESH);
    assertThat(value(replies.get(1))).isEqualTo("c");
  }

  @Test
  void wrongCredentialsEndTheTryingUntilTheSettingsChange() {
    want();
    on(new LeaseEvent.Locked(1, 100, null));
    on(new LeaseEvent.Failed(1, failure(ErrcodeClass.CREDENTIAL, 40125)));
    now += 24 * 3_600_000L;
    want();
    assertThat(replies)
        .hasSize(2)
        .allMatch(
            r ->
                r instanceof Refused no
                    && no.errcode() == 40125
                    && no.problem() == Problem.WECHAT_REFUSES);
    assertThat(all(LeaseEffect.Ask.class)).hasSize(1);
    assertThat(last(LeaseEffect.Release.class).fence()).isEqualTo(100);

    on(new LeaseEvent.SettingsChanged(false));
    want();
    assertThat(all(LeaseEffect.Ask.class)).hasSize(2);
  }

  @Test
  void troubleAtWeChatIsWaitedOutLongerAndLongerThenCallersAreRefusedAtOnce() {
    want();
    List<Long> rests = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      assertThat(replies).isEmpty();
      on(new LeaseEvent.Locked(i, 100 + i, null));
      on(new LeaseEvent.Failed(i, failure(ErrcodeClass.BUSY, -1)));
      if (i < 5) {
        long at = last(LeaseEffect.WakeAt.class).atMillis();
        rests.add(at - now);
        now = at;
        on(new LeaseEvent.Woken(false));
      }
    }
    assertThat(rests).containsExactly(187L, 375L, 750L, 1500L);
    assertThat(((Refused) replies.get(0)).retryAfterMillis()).isEqualTo(30_000);

    now += 29_999;
    want();
    assertThat(((Refused) replies.get(1)).retryAfterMillis()).isEqualTo(1);
    now += 1;
    want(); // one try, to see whether it is over
    on(new LeaseEvent.Locked(6, 106, null));
    on(new LeaseEvent.Failed(6, failure(ErrcodeClass.BUSY, -1)));
    assertThat(((Refused) replies.get(2)).retryAfterMillis()).isEqualTo(60_000);

    now += 60_000;
    want();
    on(new LeaseEvent.Locked(7, 107, null));
    on(new LeaseEvent.Fetched(7, Secret.of("a"), LIFE));
    on(new LeaseEvent.Saved(7));
    assertThat(value(replies.get(3))).isEqualTo("a");
  }

  @Test
  void theDailyQuotaIsWaitedForUntilMidnightInChina() {
    long elevenAtNight = java.time.Instant.parse("2026-11-21T15:00:00Z").toEpochMilli();
    FetchFailure full = FetchFailure.of(ErrcodeClass.QUOTA_DAY, 45009, "", elevenAtNight);
    assertThat(full.pauseMillis()).isEqualTo(3_600_000);
    want();
    on(new LeaseEvent.Locked(1, 100, null));
    on(new LeaseEvent.Failed(1, full));
    assertThat(((Refused) replies.get(0)).retryAfterMillis()).isEqualTo(3_600_000);
  }

  @Test
  void anAnswerThatComesAfterItsAttemptChangesNothing() {
    want();
    on(new LeaseEvent.Locked(1, 100, null));
    on(new LeaseEvent.SettingsChanged(true));
    int before = done.size();
    on(new LeaseEvent.Fetched(1, Secret.of("of the old app"), LIFE));
    on(new LeaseEvent.Saved(1));
    on(new LeaseEvent.Failed(1, failure(ErrcodeClass.CREDENTIAL, 40125)));
    assertThat(done).hasSize(before);
    on(new LeaseEvent.Locked(1, 101, null)); // would hold up the others
    assertThat(last(LeaseEffect.Release.class).fence()).isEqualTo(101);
  }

  @Test
  void withoutTheStoreOnlyATokenThatHarmsNobodyIsFetched() {
    want();
    on(new LeaseEvent.StoreAway(1, 5_000));
    assertThat(last(LeaseEffect.Fetch.class).fence()).isEqualTo(5_000);

    TokenLease classic = new TokenLease(LeasePolicy.DEFAULT, true, () -> 0);
    perform(classic.on(new LeaseEvent.Want(replies::add), now));
    perform(classic.on(new LeaseEvent.StoreAway(1, 5_000), now));
    assertThat(((Refused) replies.get(0)).problem()).isEqualTo(Problem.STORE_UNAVAILABLE);
  }

  @Test
  void aForcedRefreshWaitsForTheOneOnItsWayAndIsNotRepeated() {
    fresh("a", 100);
    now += LIFE * 85 / 100;
    want();
    on(new LeaseEvent.Renew(replies::add));
    on(new LeaseEvent.Found(2, new StoredToken(Secret.of("b"), 200, 200, LIFE, LIFE)));
    assertThat(last(LeaseEffect.Ask.class)).isEqualTo(new LeaseEffect.Ask(3, 200, 0, false, true));
    on(new LeaseEvent.Locked(3, 300, null));
    assertThat(last(LeaseEffect.Fetch.class).force()).isTrue();
    on(new LeaseEvent.Failed(3, failure(ErrcodeClass.BUSY, -1)));
    assertThat(replies.get(1)).isInstanceOf(Refused.class);
    want();
    assertThat(value(replies.get(2))).isEqualTo("b");

    on(new LeaseEvent.Renew(replies::add));
    on(new LeaseEvent.ForceLimited(4, 12_000));
    Refused no = (Refused) replies.get(3);
    assertThat(no.problem()).isEqualTo(Problem.RATE_LIMITED);
    assertThat(no.retryAfterMillis()).isEqualTo(12_000);
  }

  @Test
  void moreThanTheLimitOfWaitersAreRefused() {
    for (int i = 0; i <= LeasePolicy.DEFAULT.waitersMax(); i++) {
      want();
    }
    assertThat(replies).hasSize(1);
    assertThat(((Refused) replies.get(0)).problem()).isEqualTo(Problem.OVERLOADED);
  }

  private void fresh(String value, long fence) {
    want();
    on(new LeaseEvent.Locked(1, fence, null));
    on(new LeaseEvent.Fetched(1, Secret.of(value), LIFE));
    on(new LeaseEvent.Saved(1));
    replies.clear();
  }

  private void want() {
    on(new LeaseEvent.Want(replies::add));
  }

  private void stale(long generation) {
    on(new LeaseEvent.Stale(replies::add, generation));
  }

  private void on(LeaseEvent event) {
    perform(lease.on(event, now));
  }

  private void perform(List<LeaseEffect> effects) {
    done.addAll(effects);
    for (LeaseEffect e : effects) {
      if (e instanceof LeaseEffect.Tell t) {
        t.waiters().forEach(w -> w.told(t.reply()));
      }
    }
  }

  private <T extends LeaseEffect> List<T> all(Class<T> kind) {
    return done.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private <T extends LeaseEffect> T last(Class<T> kind) {
    List<T> all = all(kind);
    return all.get(all.size() - 1);
  }

  private Token published() {
    return last(LeaseEffect.Publish.class).token();
  }

  private List<What> notes() {
    return all(LeaseEffect.Note.class).stream().map(LeaseEffect.Note::what).toList();
  }

  private static String value(TokenReply reply) {
    return ((Granted) reply).value().value().reveal();
  }

  private static FetchFailure failure(ErrcodeClass errorClass, int errcode) {
    return FetchFailure.of(errorClass, errcode, errcode + " said WeChat", 0);
  }
}

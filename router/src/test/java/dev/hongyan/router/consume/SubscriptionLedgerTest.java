package dev.hongyan.router.consume;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.cursor.CursorStore.Save;
import dev.hongyan.router.cursor.CursorStore.SharedSave;
import dev.hongyan.router.cursor.Outcome;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.cursor.Progress.Range;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.redis.client.Command;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SubscriptionLedgerTest {
  private static final Keys KEYS = Keys.of("acme");
  private static RedisFixture redis;
  private final CursorStore cursors =
      new CursorStore(redis.link(), new ManualTime(1_800_000_000_000L), () -> "new");

  @BeforeAll
  static void start() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @BeforeEach
  void clear() {
    redis.clear();
    log("e1", 1, 100);
  }

  private static void log(String epoch, long oldest, long seq) {
    redis.send(Command.DEL, KEYS.log());
    redis.send(Command.HSET, KEYS.head(), "epoch", epoch, "seq", Long.toString(seq));
    for (long i = oldest; i <= seq; i++) {
      redis.send(Command.XADD, KEYS.log(), i + "-0", "h", "x");
    }
  }

  private static StartAt at(String cursor) {
    return new StartAt(StartAt.Kind.CURSOR, Cursor.parse(cursor));
  }

  @CanIgnoreReturnValue
  private long attach(String mode, StartAt at, boolean seek) {
    return await(cursors.attach("acme", "pos", mode, at, seek)).generation();
  }

  private void save(long generation, String epoch, long floor, Outcome outcome) {
    Save save = new Save("pos", generation, new Cursor(epoch, floor), outcome);
    assertThat(await(cursors.save("acme", List.of(save)))).containsExactly(true);
  }

  private void saveShared(long floor, Progress progress, Outcome outcome) {
    SharedSave save = new SharedSave("pos", 1, new Cursor("e1", floor), progress, outcome);
    assertThat(await(cursors.saveShared("acme", 1, List.of(save)))).containsExactly(true);
  }

  private Ledger ledger(String epoch, long oldest, long seq) {
    Ledger ledger = Ledger.of(await(cursors.list("acme")).get(0), new LogHead(epoch, seq, oldest));
    assertThat(ledger.isBalanced()).as(ledger.toString()).isTrue();
    return ledger;
  }

  private static Ledger counts(
      long received, long delivered, long expired, long dead, long filtered, long pending) {
    return new Ledger("pos", received, delivered, expired, dead, filtered, pending);
  }

  @Test
  void aNewNameHasGotNothingYet() {
    attach("durable", StartAt.NOW, false);
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(0, 0, 0, 0, 0, 0));
    assertThat(ledger("e1", 1, 103)).isEqualTo(counts(3, 0, 0, 0, 0, 3));
  }

  @Test
  void whatIsBehindTheFloorIsDeliveredDeadOrDidNotMatch() {
    long generation = attach("durable", StartAt.FIRST, false);
    save(generation, "e1", 40, new Outcome(0, 10, 2, 0, 0));
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(100, 10, 0, 2, 28, 60));
    save(generation, "e1", 100, new Outcome(0, 30, 5, 0, 0));
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(100, 30, 0, 5, 65, 0));
  }

  @Test
  void aSaveThatIsRepeatedCountsOnce() {
    long generation = attach("durable", StartAt.FIRST, false);
    for (int i = 0; i < 3; i++) {
      save(generation, "e1", 40, new Outcome(0, 40, 0, 0, 0));
    }
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(100, 40, 0, 0, 0, 60));
  }

  @Test
  void theNextConnectionCountsOn() {
    long first = attach("durable", StartAt.FIRST, false);
    save(first, "e1", 40, new Outcome(0, 40, 0, 0, 0));
    long second = attach("durable", StartAt.NOW, false);
    save(second, "e1", 60, new Outcome(40, 15, 5, 0, 0));
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(100, 55, 0, 5, 0, 40));
  }

  @Test
  void whatIsReadAgainIsReceivedAgain() {
    long first = attach("durable", StartAt.FIRST, false);
    save(first, "e1", 100, new Outcome(0, 100, 0, 0, 0));
    long again = attach("durable", at("e1:70"), true);
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(130, 100, 0, 0, 0, 30));
    save(again, "e1", 100, new Outcome(70, 30, 0, 0, 0));
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(130, 130, 0, 0, 0, 0));
  }

  @Test
  void whatASeekLeavesOutIsFiltered() {
    attach("durable", StartAt.FIRST, false);
    attach("durable", at("e1:70"), true);
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(100, 0, 0, 0, 70, 30));
  }

  @Test
  void whatWasTrimmedUnreadIsExpiredAlsoBeforeTheClientIsBack() {
    long first = attach("durable", StartAt.FIRST, false);
    save(first, "e1", 20, new Outcome(0, 20, 0, 0, 0));
    redis.send(Command.XTRIM, KEYS.log(), "MINID", "51-0");
    assertThat(ledger("e1", 51, 100)).isEqualTo(counts(100, 20, 30, 0, 0, 50));
    attach("durable", StartAt.NOW, false);
    assertThat(ledger("e1", 51, 100)).isEqualTo(counts(100, 20, 30, 0, 0, 50));
  }

  @Test
  void aReplacedLogIsReceivedAnewByWhoComesAndByWhoIsThere() {
    long first = attach("durable", StartAt.FIRST, false);
    save(first, "e1", 100, new Outcome(0, 100, 0, 0, 0));
    log("e2", 1, 10);
    assertThat(ledger("e2", 1, 10)).isEqualTo(counts(110, 100, 0, 0, 0, 10));
    long second = attach("durable", StartAt.NOW, false);
    assertThat(ledger("e2", 1, 10)).isEqualTo(counts(110, 100, 0, 0, 0, 10));
    save(second, "e2", 10, new Outcome(0, 10, 0, 0, 0));
    log("e3", 1, 5);
    save(second, "e3", 4, new Outcome(0, 14, 0, 0, 0));
    assertThat(ledger("e3", 1, 5)).isEqualTo(counts(115, 114, 0, 0, 0, 1));
  }

  @Test
  void whatASharedNameHasDoneAboveItsFloorIsNotPending() {
    attach("shared", StartAt.FIRST, false);
    Progress done = new Progress(List.of(new Range(11, 20), new Range(31, 35)), Map.of(30L, 2));
    saveShared(9, done, new Outcome(0, 20, 3, 0, 0));
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(100, 20, 0, 3, 1, 76));
    redis.send(Command.XTRIM, KEYS.log(), "MINID", "16-0");
    assertThat(ledger("e1", 16, 100)).isEqualTo(counts(100, 20, 1, 3, 1, 75));
    attach("shared", StartAt.NOW, false);
    assertThat(ledger("e1", 16, 100)).isEqualTo(counts(100, 20, 1, 3, 1, 75));
    attach("shared", at("e1:12"), true);
    assertThat(ledger("e1", 1, 100).received()).isGreaterThan(100);
  }

  @Test
  void aDeadMessageThatWasPutBackIsReceivedAgain() {
    attach("shared", StartAt.FIRST, false);
    saveShared(100, Progress.NONE, new Outcome(0, 99, 1, 0, 0));
    saveShared(100, Progress.NONE, new Outcome(0, 100, 1, 0, 1));
    assertThat(ledger("e1", 1, 100)).isEqualTo(counts(101, 100, 0, 1, 0, 0));
  }

  @Test
  void moreDeliveredThanReceivedIsAnImbalance() {
    long generation = attach("durable", StartAt.FIRST, false);
    save(generation, "e1", 10, new Outcome(0, 11, 0, 0, 0));
    Ledger odd = Ledger.of(await(cursors.list("acme")).get(0), new LogHead("e1", 100, 1));
    assertThat(odd.isBalanced()).isFalse();
    assertThat(await(cursors.some("acme", 0)).names()).hasSize(1);
  }
}

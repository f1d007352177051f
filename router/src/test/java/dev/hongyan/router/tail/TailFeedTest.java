package dev.hongyan.router.tail;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.Messages;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TailFeedTest {
  private static final Duration PATIENCE = Duration.ofMillis(2);
  private static final Duration CHECKS = Duration.ofSeconds(2);

  private final FakeLog log = new FakeLog();
  private final ManualTime time = new ManualTime(0);
  private final TailExchange exchange = new TailExchange();
  private final TailFeed feed = feed();

  private TailFeed feed() {
    return new TailFeed(log, time, Runnable::run, exchange, 64, 1 << 20);
  }

  /** Writes down what it is told. */
  private static final class Reader implements TailFeed.Watcher {
    final List<Long> seqs = new ArrayList<>();
    final List<String> moves = new ArrayList<>();
    Runnable onEntries = () -> {};

    @Override
    public void advanced(Tail tail, List<LogEntry> entries) {
      for (LogEntry e : entries) {
        assertThat(e.epoch()).isEqualTo(tail.epoch());
        seqs.add(e.seq());
      }
      assertThat(tail.head()).isGreaterThanOrEqualTo(seqs.get(seqs.size() - 1));
      onEntries.run();
    }

    @Override
    public void moved(Tail tail, long headBefore) {
      moves.add(headBefore + "->" + tail.epoch() + ":" + tail.head());
    }
  }

  private final Reader reader = new Reader();

  static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  static LogEntry entry(String epoch, long seq) {
    return Messages.entry("t", epoch, seq);
  }

  @Test
  void aWatcherHearsWhatComesAfterItCame() {
    log.append("t", 5);
    Tail tail = await(feed.watch("t", reader));
    assertThat(tail.head()).isEqualTo(5);
    assertThat(tail.tenant()).isEqualTo("t");
    feed.publish(log.append("t", 3));
    assertThat(reader.seqs).isEqualTo(range(6, 8));
    assertThat(log.reads).isZero();
    feed.publish(List.of(Messages.entry("other", "e1", 1)));
    assertThat(reader.seqs).isEqualTo(range(6, 8));
    feed.unwatch("t", reader);
    feed.publish(log.append("t", 1));
    assertThat(reader.seqs).isEqualTo(range(6, 8));
  }

  @Test
  void whatComesWhileTheHeadIsAskedForIsNotLost() {
    log.slow = true;
    log.append("t", 2);
    Future<Tail> ready = feed.watch("t", reader);
    feed.publish(log.append("t", 1)); // before the question is answered by the log
    log.step(0);
    feed.publish(log.append("t", 2)); // and before the answer is here
    exchange.hint("t", 6);
    log.append("t", 1);
    log.stepAll();
    assertThat(await(ready).head()).isEqualTo(6);
    assertThat(reader.seqs).isEqualTo(range(4, 6));
  }

  @Test
  void aStoreThatIsAwayAtFirstIsAskedAgainByTheNextWatcher() {
    log.away = true;
    assertThat(feed.watch("t", reader).failed()).isTrue();
    assertThat(feed.isWatching("t")).isFalse();
    log.away = false;
    assertThat(await(feed.watch("t", reader)).head()).isZero();
    feed.publish(log.append("t", 1));
    assertThat(reader.seqs).containsExactly(1L);
    log.slow = true; // the same when the answer takes its time
    log.away = true;
    Future<Tail> late = feed.watch("u", new Reader());
    log.stepAll();
    assertThat(late.failed()).isTrue();
    log.away = false;
    Future<Tail> again = feed.watch("u", new Reader());
    log.stepAll();
    assertThat(again.succeeded()).isTrue();
  }

  @Test
  void hintsOfTwoLoopsMayCross() {
    await(feed.watch("t", reader));
    List<LogEntry> all = log.append("t", 6);
    feed.publish(all.subList(3, 6));
    assertThat(reader.seqs).isEmpty();
    feed.hear(all.subList(0, 3));
    assertThat(reader.seqs).isEqualTo(range(1, 6));
    time.advance(PATIENCE);
    assertThat(log.reads).isZero();
  }

  @Test
  void aHoleThatStaysIsFilledFromTheLog() {
    await(feed.watch("t", reader));
    List<LogEntry> all = log.append("t", 600);
    feed.publish(all.subList(599, 600));
    assertThat(reader.seqs).isEmpty();
    time.advance(PATIENCE);
    assertThat(reader.seqs).isEqualTo(range(1, 600));
    assertThat(log.reads).isEqualTo(3);
  }

  @Test
  void aHintFromAnotherProcessIsReadFromTheLog() {
    await(feed.watch("t", reader));
    log.append("t", 3);
    exchange.hint("t", 3);
    exchange.hint("t", 2);
    exchange.hint("nobody", 9);
    assertThat(reader.seqs).isEqualTo(range(1, 3));
  }

  @Test
  void aHintThatComesDuringAReadIsNotForgotten() {
    await(feed.watch("t", reader));
    log.slow = true;
    log.append("t", 1);
    exchange.hint("t", 1);
    log.step(0); // the log has answered with one entry
    log.append("t", 1);
    exchange.hint("t", 2);
    log.stepAll();
    assertThat(reader.seqs).isEqualTo(range(1, 2));
  }

  @Test
  void aHintThatIsNotTrueLosesNothing() {
    await(feed.watch("t", reader));
    exchange.hint("t", 1000);
    feed.publish(log.append("t", 3));
    assertThat(reader.seqs).isEqualTo(range(1, 3));
    assertThat(reader.moves).isEmpty();
    assertThat(log.reads + log.heads).isLessThan(5);
  }

  @Test
  void whenAllHintsAreLostTheRegularCheckFindsOut() {
    await(feed.watch("t", reader));
    log.append("t", 4);
    time.advance(CHECKS);
    assertThat(reader.seqs).isEqualTo(range(1, 4));
  }

  @Test
  void catchingUpFindsOutAtOnce() {
    await(feed.watch("t", reader));
    log.append("t", 4);
    await(feed.catchUp("t"));
    assertThat(reader.seqs).isEqualTo(range(1, 4));
    await(feed.catchUp("nobody"));
  }

  @Test
  void aHoleThatWasTrimmedIsSkippedAndSaidSo() {
    await(feed.watch("t", reader));
    feed.publish(log.append("t", 2));
    List<LogEntry> all = log.append("t", 8);
    feed.publish(all.subList(7, 8));
    log.trim(9);
    time.advance(PATIENCE);
    assertThat(reader.moves).containsExactly("2->e1:8");
    assertThat(reader.seqs).containsExactly(1L, 2L, 9L, 10L);
  }

  @Test
  void aLogThatWasTrimmedWholeIsSkippedToItsEnd() {
    Tail tail = await(feed.watch("t", reader));
    log.append("t", 8);
    log.trim(9);
    time.advance(CHECKS);
    assertThat(reader.moves).containsExactly("0->e1:8");
    assertThat(tail.head()).isEqualTo(8);
    feed.publish(log.append("t", 1));
    assertThat(reader.seqs).containsExactly(9L);
  }

  @Test
  void aReplacedLogIsNoticedAlsoUnderSteadyTraffic() {
    log.append("t", 50);
    Tail tail = await(feed.watch("t", reader));
    log.replace("e2");
    feed.publish(log.append("t", 3));
    assertThat(reader.moves).containsExactly("50->e2:3");
    assertThat(tail.epoch()).isEqualTo("e2");
    feed.publish(log.append("t", 2));
    assertThat(reader.seqs).containsExactly(4L, 5L);
    feed.publish(List.of(entry("e1", 51))); // a straggler
    assertThat(reader.seqs).containsExactly(4L, 5L);
  }

  @Test
  void aReplacedLogIsNoticedInSilenceAndByAHint() {
    log.append("t", 50);
    await(feed.watch("t", reader));
    log.replace("e2");
    time.advance(CHECKS);
    assertThat(reader.moves).containsExactly("50->e2:0");
    log.append("t", 60);
    log.replace("e3");
    log.append("t", 70);
    exchange.hint("t", 70);
    time.advance(CHECKS);
    assertThat(reader.moves).containsExactly("50->e2:0", "0->e3:70");
  }

  @Test
  void aLogThatLostItsNewestPartIsSaidSo() {
    log.append("t", 50);
    await(feed.watch("t", reader));
    log.kept.tailMap(41L).clear();
    log.seq = 40;
    time.advance(CHECKS);
    assertThat(reader.moves).containsExactly("50->e1:40");
    feed.publish(log.append("t", 1));
    assertThat(reader.seqs).containsExactly(41L);
  }

  @Test
  void aReadThatFailsIsTriedAgainByTheCheck() {
    await(feed.watch("t", reader));
    List<LogEntry> all = log.append("t", 3);
    log.away = true;
    feed.publish(all.subList(2, 3));
    time.advance(PATIENCE);
    assertThat(reader.seqs).isEmpty();
    log.away = false;
    time.advance(CHECKS);
    assertThat(reader.seqs).isEqualTo(range(1, 3));
  }

  @Test
  void whoLeavesInTheMiddleTakesNothingFromTheOthers() {
    Reader leaving = new Reader();
    Reader left = new Reader();
    leaving.onEntries =
        () -> {
          feed.unwatch("t", leaving);
          feed.unwatch("t", left);
        };
    await(feed.watch("t", leaving));
    await(feed.watch("t", left));
    await(feed.watch("t", reader));
    feed.publish(log.append("t", 1));
    feed.publish(log.append("t", 1));
    assertThat(leaving.seqs).containsExactly(1L);
    assertThat(left.seqs).isEmpty(); // it hears nothing once it was taken out
    assertThat(reader.seqs).containsExactly(1L, 2L);
  }

  @Test
  void whoComesAndGoesLeavesNothingBehind() {
    int before = time.pending();
    for (int i = 0; i < 1000; i++) {
      await(feed.watch("t" + i, reader));
      feed.unwatch("t" + i, reader);
      assertThat(feed.isWatching("t" + i)).isFalse();
    }
    int heads = log.heads;
    time.advance(CHECKS);
    assertThat(log.heads).isEqualTo(heads);
    assertThat(time.pending()).isEqualTo(before);
    await(feed.watch("t", reader));
    feed.close();
    feed.publish(log.append("t", 1));
    assertThat(reader.seqs).isEmpty();
    assertThat(time.pending()).isZero();
  }

  @Test
  void otherLoopsAreToldOnlyOfWhatTheyWatch() {
    TailFeed other = feed();
    Reader there = new Reader();
    await(feed.watch("t", reader));
    feed.publish(log.append("t", 1));
    await(other.watch("t", there));
    feed.publish(log.append("t", 2));
    other.publish(log.append("t", 1));
    assertThat(reader.seqs).isEqualTo(range(1, 4));
    assertThat(there.seqs).isEqualTo(range(2, 4));
    assertThat(log.reads).isZero();
    other.close();
    feed.publish(log.append("t", 1));
    assertThat(there.seqs).isEqualTo(range(2, 4));
    assertThat(exchange.takeActive()).containsExactly("t");
    assertThat(exchange.takeActive()).isEmpty();
  }

  @Test
  void quietTenantsAreAskedForInTurnsAndBoundedPerSecond() {
    for (int i = 0; i < 1200; i++) {
      await(feed.watch("t" + i, reader));
    }
    int before = log.heads;
    time.advance(Duration.ofSeconds(1));
    assertThat(log.heads - before).isEqualTo(500);
    time.advance(Duration.ofSeconds(5));
    assertThat(log.heads - before).isEqualTo(3000);
  }
}

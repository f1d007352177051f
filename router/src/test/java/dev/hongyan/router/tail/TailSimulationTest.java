package dev.hongyan.router.tail;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.LogEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Whole lives from one seed: three event loops append to one log and follow it, while hints are
 * lost, doubled, late and out of order, answers of the store come in any order or not at all, the
 * old end is trimmed and once in a while the log is replaced. Whatever happens, every follower gets
 * every message of the log's last life that was not trimmed: once, in order; and ends at its head.
 */
class TailSimulationTest {
  private static final int SEEDS = Integer.getInteger("hongyan.seeds", 200);

  @Test
  void everyFollowerGetsEveryEntryOnceAndInOrder() {
    long only = Long.getLong("hongyan.seed", -1);
    for (long seed = only < 0 ? 1 : only; seed <= (only < 0 ? SEEDS : only); seed++) {
      try {
        new Life(seed).run();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + " (-Dhongyan.seed=" + seed + ")", e);
      }
    }
  }

  private static final class Life {
    private final SplittableRandom random;
    private final FakeLog log = new FakeLog();
    private final ManualTime time = new ManualTime(0);
    private final TailExchange exchange = new TailExchange();
    private final List<Runnable> inbox = new ArrayList<>();
    private final List<Follower> followers = new ArrayList<>();
    private final int loss;
    private int epochs = 1;

    Life(long seed) {
      random = new SplittableRandom(seed);
      loss = random.nextInt(60);
      log.slow = true;
      for (int i = 0; i < 3; i++) {
        followers.add(new Follower());
      }
    }

    /** Follows from the beginning, as a subscription does: what it was not handed it reads. */
    final class Follower implements TailFeed.Watcher {
      final TailFeed feed =
          new TailFeed(log, time, this::deliver, exchange, 1 + random.nextInt(40), 1 << 20);
      String epoch = "e1";
      long next = 1;
      boolean mayJump;
      Tail tail;

      /** What other loops send arrives whenever it likes, or twice, or never. */
      private void deliver(Runnable task) {
        if (random.nextInt(100) >= loss) {
          inbox.add(task);
        }
        if (random.nextInt(100) < 10) {
          inbox.add(task);
        }
      }

      @Override
      public void advanced(Tail t, List<LogEntry> entries) {
        for (LogEntry e : entries) {
          assertThat(e.epoch()).isEqualTo(epoch);
          if (mayJump && e.seq() > next) {
            nothingIsKeptBelow(e.seq());
          }
          mayJump = false;
          assertThat(e.seq()).isEqualTo(next);
          next++;
        }
      }

      /** Only what is gone may be left out. */
      private void nothingIsKeptBelow(long seq) {
        if (log.epoch.equals(epoch)) {
          assertThat(log.kept.subMap(next, seq)).isEmpty();
        }
        next = seq;
      }

      @Override
      public void moved(Tail t, long headBefore) {
        if (t.epoch().equals(epoch)) {
          mayJump = true;
        } else {
          mayJump = false;
          epoch = t.epoch();
          next = t.head() + 1; // what is before is for the log's pages
        }
      }
    }

    void run() {
      for (Follower f : followers) {
        watch(f);
      }
      for (int step = 0; step < 400; step++) {
        step();
      }
      settle();
      for (Follower f : followers) {
        assertThat(f.epoch).isEqualTo(log.epoch);
        assertThat(f.tail.head()).isEqualTo(log.seq);
        if (f.mayJump) {
          f.nothingIsKeptBelow(log.seq + 1);
        }
        assertThat(f.next).isEqualTo(log.seq + 1);
        f.feed.close();
      }
      assertThat(time.pending()).isZero();
    }

    private void watch(Follower f) {
      f.feed
          .watch("t", f)
          .onSuccess(
              t -> {
                f.tail = t;
                f.epoch = t.epoch();
                f.next = t.head() + 1;
              })
          .onFailure(e -> inbox.add(() -> watch(f)));
    }

    private void step() {
      int what = random.nextInt(100);
      if (what < 35) {
        append();
      } else if (what < 60 && !inbox.isEmpty()) {
        inbox.remove(random.nextInt(inbox.size())).run();
      } else if (what < 85 && !log.questions.isEmpty()) {
        log.step(random.nextInt(log.questions.size()));
      } else if (what < 94) {
        time.advance(Duration.ofMillis(1 + random.nextInt(random.nextInt(10) == 0 ? 1500 : 3)));
      } else if (what < 96) {
        exchange.hint("t", log.seq + random.nextInt(3));
      } else if (what < 98 && !log.kept.isEmpty()) {
        log.trim(log.kept.firstKey() + random.nextInt(log.kept.size() + 1));
      } else if (what < 99) {
        log.away = !log.away;
      } else if (random.nextInt(4) == 0) {
        log.replace("e" + ++epochs);
      }
    }

    private void append() {
      if (!log.away) {
        Follower by = followers.get(random.nextInt(followers.size()));
        List<LogEntry> entries = log.append("t", 1 + random.nextInt(4));
        // The answer of the append reaches its own loop late, or never (a timeout).
        if (random.nextInt(100) >= loss / 4) {
          inbox.add(() -> by.feed.publish(entries));
        }
      }
    }

    /** The weather clears; a few seconds are enough for everybody. */
    private void settle() {
      log.away = false;
      for (int i = 0; i < 12; i++) {
        while (!inbox.isEmpty() || !log.questions.isEmpty()) {
          if (!inbox.isEmpty()) {
            inbox.remove(0).run();
          }
          if (!log.questions.isEmpty()) {
            log.step(0);
          }
        }
        time.advance(Duration.ofMillis(500));
      }
      log.stepAll();
    }
  }
}

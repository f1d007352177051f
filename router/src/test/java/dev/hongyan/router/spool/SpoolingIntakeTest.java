package dev.hongyan.router.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.Appended;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.spool.Intake.Taken;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class SpoolingIntakeTest {
  private final ManualTime time = new ManualTime(1_800_000_000_000L);
  private final FakeSpool spool = new FakeSpool();

  /** What is in the log, by the order in which it first came. */
  private final Set<String> log = new LinkedHashSet<>();

  private boolean up = true;

  /** One loop with its own line to the log. */
  private final class Loop {
    final ArrayDeque<Call> calls = new ArrayDeque<>();
    final SpoolingIntake intake =
        new SpoolingIntake(
            (message, withdrawn) -> {
              Call call = new Call(message, withdrawn, Promise.promise());
              calls.add(call);
              return call.answer.future();
            },
            () -> up,
            spool,
            time,
            time,
            Runnable::run);

    /** The log takes the oldest, and says so unless its answer is lost. */
    void logTakesOne(boolean answers) {
      Call call = calls.remove();
      if (call.withdrawn.getAsBoolean()) {
        call.answer.fail(Problem.STORE_UNAVAILABLE.because("withdrawn"));
        return;
      }
      boolean fresh = log.add(call.message.dedupeKey());
      if (answers) {
        call.answer.complete(new Appended("e", 1, !fresh));
      } else {
        call.answer.fail(Problem.STORE_UNAVAILABLE.because("lost"));
      }
    }

    void logFailsOne() {
      calls.remove().answer.fail(Problem.STORE_UNAVAILABLE.because("away"));
    }
  }

  private record Call(NewMessage message, BooleanSupplier withdrawn, Promise<Appended> answer) {}

  private final class FakeSpool implements Overflow {
    final ArrayDeque<NewMessage> waiting = new ArrayDeque<>();
    final Map<String, Integer> held = new HashMap<>();
    final List<Consumer<String>> listeners = new ArrayList<>();
    boolean full;

    @Override
    public int held(String tenant) {
      return held.getOrDefault(tenant, 0);
    }

    @Override
    public Future<Void> append(NewMessage message) {
      if (full) {
        return Future.failedFuture(Problem.OVERLOADED.because("full"));
      }
      waiting.add(message);
      held.merge(message.tenant(), 1, Integer::sum);
      return Future.succeededFuture();
    }

    @Override
    public void onEmptied(Consumer<String> listener) {
      listeners.add(listener);
    }

    void drainOne() {
      NewMessage message = waiting.remove();
      log.add(message.dedupeKey());
      if (held.merge(message.tenant(), -1, Integer::sum) == 0) {
        listeners.forEach(l -> l.accept(message.tenant()));
      }
    }
  }

  private static NewMessage push(long n) {
    return Pushes.push("acme", "o", n);
  }

  private static List<String> keys(long... numbers) {
    List<String> out = new ArrayList<>();
    for (long n : numbers) {
      out.add("key-o-" + n);
    }
    return out;
  }

  @Test
  void whileTheStoreIsThereNothingTouchesTheDisk() {
    Loop loop = new Loop();
    Future<Taken> one = loop.intake.take(push(1));
    Future<Taken> two = loop.intake.take(push(1));
    loop.logTakesOne(true);
    loop.logTakesOne(true);
    assertThat(one.result()).isEqualTo(Taken.NEW);
    assertThat(two.result()).isEqualTo(Taken.DUPLICATE);
    assertThat(spool.waiting).isEmpty();
  }

  @Test
  void whileTheStoreIsAwayThePushIsOnTheDiskAtOnce() {
    up = false;
    Loop loop = new Loop();
    assertThat(loop.intake.take(push(1)).result()).isEqualTo(Taken.SPOOLED);
    assertThat(loop.calls).isEmpty();
  }

  @Test
  void aLogThatDoesNotAnswerIsWaitedForUpToThePatienceAndAllGoToTheDiskInOrder() {
    Loop loop = new Loop();
    Future<Taken> one = loop.intake.take(push(1));
    time.advance(Duration.ofMillis(300));
    Future<Taken> two = loop.intake.take(push(2));
    assertThat(one.isComplete()).isFalse();
    time.advance(Duration.ofMillis(150));
    assertThat(one.result()).isEqualTo(Taken.SPOOLED);
    assertThat(two.result()).isEqualTo(Taken.SPOOLED);
    assertThat(spool.waiting).extracting(NewMessage::dedupeKey).isEqualTo(keys(1, 2));
    // The log would have taken both: nobody waits for it any more.
    assertThat(loop.calls).allMatch(call -> call.withdrawn.getAsBoolean());
  }

  @Test
  void aFailureOfOneTakesAllBehindItAlong() {
    Loop loop = new Loop();
    loop.intake.take(push(1)).onComplete(done -> {});
    loop.intake.take(push(2)).onComplete(done -> {});
    loop.logFailsOne();
    assertThat(spool.waiting).extracting(NewMessage::dedupeKey).isEqualTo(keys(1, 2));
  }

  @Test
  void behindTheLastOnesOfTheSpoolNewOnesWaitAndThenGoToTheLog() {
    up = false;
    Loop loop = new Loop();
    Loop other = new Loop();
    loop.intake.take(push(1)).onComplete(done -> {});
    up = true;
    Future<Taken> two = other.intake.take(push(2));
    assertThat(two.isComplete()).isFalse();
    assertThat(other.calls).isEmpty();
    spool.drainOne();
    assertThat(other.calls).hasSize(1);
    other.logTakesOne(true);
    assertThat(two.result()).isEqualTo(Taken.NEW);
    assertThat(List.copyOf(log)).isEqualTo(keys(1, 2));
  }

  @Test
  void behindALongSpoolNewOnesGoToTheDisk() {
    up = false;
    Loop loop = new Loop();
    for (int i = 0; i <= SpoolingIntake.HELD_BEHIND; i++) {
      loop.intake.take(push(i)).onComplete(done -> {});
    }
    up = true;
    assertThat(loop.intake.take(push(9_999)).result()).isEqualTo(Taken.SPOOLED);
    assertThat(loop.intake.take(Pushes.push("bolt", "o", 1)).isComplete())
        .as("another tenant is not concerned")
        .isFalse();
    assertThat(loop.calls).hasSize(1);
  }

  @Test
  void withNoRoomLeftThePushIsRefusedAtOnce() {
    up = false;
    spool.full = true;
    Future<Taken> no = new Loop().intake.take(push(1));
    assertThat(ProblemException.of(no.cause())).isEqualTo(Problem.OVERLOADED);
  }

  @Test
  void whatTheLogRefusesForItselfDoesNotGoToTheDisk() {
    Loop loop = new Loop();
    Future<Taken> no = loop.intake.take(push(1));
    loop.calls.remove().answer.fail(Problem.TOO_LARGE.because("no"));
    assertThat(ProblemException.of(no.cause())).isEqualTo(Problem.TOO_LARGE);
    assertThat(spool.waiting).isEmpty();
  }

  /** Two loops, a log that comes and goes, answers that are lost, a spool that drains meanwhile. */
  @Property(tries = 2000)
  void theOrderOfATenantHoldsThroughEverythingThatCanHappen(@ForAll @LongRange(min = 0) long seed) {
    new SpoolingIntakeTest().simulate(seed); // a world of its own for every seed
  }

  private void simulate(long seed) {
    Random random = new Random(seed);
    List<Loop> loops = List.of(new Loop(), new Loop());
    // By number: how many had been sent when it was answered.
    Map<Integer, Integer> answeredWith = new HashMap<>();
    int[] soFar = {0};
    List<Future<Taken>> all = new ArrayList<>();
    int step = 0;
    int sent = 0;
    while (sent < 60 || !allDone(all) || !spool.waiting.isEmpty()) {
      step++;
      boolean ending = sent >= 60;
      Loop loop = loops.get(random.nextInt(2));
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> {
          if (!ending) {
            int number = ++sent;
            soFar[0] = number;
            Future<Taken> one = loop.intake.take(push(number));
            all.add(one);
            one.onSuccess(where -> answeredWith.put(number, soFar[0]));
          }
        }
        case 3, 4 -> {
          if (up && !loop.calls.isEmpty()) {
            loop.logTakesOne(random.nextInt(5) > 0);
          }
        }
        case 5 -> {
          if (!loop.calls.isEmpty() && random.nextInt(3) == 0) {
            loop.logFailsOne();
          }
        }
        case 6, 7 -> {
          if (up && !spool.waiting.isEmpty()) {
            spool.drainOne();
          }
        }
        case 8 -> up = ending || random.nextInt(3) > 0;
        default -> time.advance(Duration.ofMillis(random.nextInt(200)));
      }
      if (step > 200_000) {
        throw new AssertionError("it does not come to an end, seed " + seed);
      }
    }
    assertThat(answeredWith).hasSize(60);
    assertThat(log).as("all that was answered is there").hasSize(60);
    List<Integer> order = log.stream().map(k -> Integer.valueOf(k.substring(6))).toList();
    for (int i = 0; i < order.size(); i++) {
      for (int j = i + 1; j < order.size(); j++) {
        assertThat(answeredWith.get(order.get(j)))
            .as("%d was answered before %d came, seed %d", order.get(j), order.get(i), seed)
            .isGreaterThanOrEqualTo(order.get(i));
      }
    }
  }

  private static boolean allDone(List<Future<Taken>> all) {
    return all.stream().allMatch(Future::isComplete);
  }
}

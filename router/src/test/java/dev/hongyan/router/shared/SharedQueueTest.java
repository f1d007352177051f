package dev.hongyan.router.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.Progress;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.topic.TopicPattern;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SharedQueueTest {
  private static final long MS = 1_000_000L;

  private final List<String> said = new ArrayList<>();
  private SharedQueue queue = queue(0, Progress.NONE);
  private long now;

  private SharedQueue queue(long floor, Progress done) {
    return new SharedQueue(
        new Cursor("e", floor),
        done,
        new SharedQueue.Limits(3, 10, 10_000, 100, Duration.ofSeconds(30)),
        new SharedQueue.Outlet() {
          @Override
          public void deliver(Member to, LogEntry entry, int attempt) {
            said.add(entry.seq() + ">" + to.id().number() + (attempt > 1 ? "#" + attempt : ""));
          }

          @Override
          public void withdraw(Member from, long seq) {
            said.add(seq + "<" + from.id().number());
          }

          @Override
          public void bury(LogEntry entry, String reason, int attempts, String lastError) {
            said.add(entry.seq() + "+" + reason + attempts + " " + lastError);
          }

          @Override
          public void failed(SharedQueue.Failure why) {}

          @Override
          public void putBackOver(String id) {
            said.add(id + " over");
          }
        });
  }

  @Test
  void whatWasDeadAndIsPutBackIsANewSeriesThatTheFloorKnowsNothingOf() {
    queue = queue(50, Progress.NONE);
    attach(1, 10, "app.#");
    LogEntry dead =
        new LogEntry("acme", "e", 7, new EntryHeader(7, "other.topic", "a", 0, 0), new byte[100]);
    assertThat(queue.putBack("d1", dead)).isTrue();
    assertThat(queue.putBack("d2", dead)).as("its place is taken").isFalse();
    offer(51, "a");
    assertThat(settle()).containsExactly("7>1");
    assertThat(queue.floor().seq()).isEqualTo(50);
    queue.nack(id(1), 7, 0, now);
    assertThat(settle()).containsExactly("7>1#2");
    assertThat(queue.ack(id(1), 7)).isTrue();
    assertThat(settle()).containsExactly("d1 over", "51>1");
    assertThat(queue.ack(id(1), 51)).isTrue();
    assertThat(queue.floor().seq()).isEqualTo(51);
    assertThat(queue.inFlight()).isZero();
  }

  private static MemberId id(long n) {
    return new MemberId("h", n);
  }

  private void attach(long n, int window, String... topics) {
    List<TopicPattern> patterns = new ArrayList<>();
    for (String t : topics) {
      patterns.add(TopicPattern.parse(t));
    }
    queue.attach(id(n), patterns, window, 1 << 20, Duration.ofMillis(1_000));
  }

  private void offer(long seq, String subject) {
    offer(seq, subject, "app.x");
  }

  private void offer(long seq, String subject, String topic) {
    queue.offer(
        new LogEntry("acme", "e", seq, new EntryHeader(seq, topic, subject, 0, 0), new byte[100]));
  }

  private List<String> settle() {
    queue.settle(now);
    List<String> out = List.copyOf(said);
    said.clear();
    return out;
  }

  @Test
  void threeHundredLivesKeepTheirPromises() {
    long deliveries = 0;
    long takeovers = 0;
    long dead = 0;
    long changes = 0;
    for (long seed = 1; seed <= 300; seed++) {
      try {
        QueueSimulation done = new QueueSimulation(seed).run();
        deliveries += done.deliveries();
        takeovers += done.takeovers();
        dead += done.dead();
        changes += done.ownerChanges();
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    // The lives were full ones.
    assertThat(deliveries).isGreaterThan(100_000);
    assertThat(takeovers).isGreaterThan(1_000);
    assertThat(dead).isGreaterThan(1_000);
    assertThat(changes).isGreaterThan(100);
  }

  @Test
  void aSubjectStaysWithItsMemberAlsoWhenItWasQuiet() {
    attach(1, 9, "#");
    attach(2, 9, "#");
    offer(1, "anna");
    offer(2, "bert");
    assertThat(settle()).containsExactly("1>1", "2>2");
    assertThat(queue.ack(id(1), 1)).isTrue();
    offer(3, "anna");
    offer(4, "bert");
    assertThat(settle()).containsExactly("3>1");
    assertThat(queue.ack(id(2), 2)).isTrue();
    assertThat(settle()).containsExactly("4>2");
  }

  @Test
  void newSubjectsGoToTheLeastLoadedMemberWithRoom() {
    attach(1, 2, "#");
    attach(2, 9, "#");
    for (int i = 1; i <= 6; i++) {
      offer(i, "u" + i);
    }
    assertThat(settle()).containsExactly("1>1", "2>2", "3>1", "4>2", "5>2", "6>2");
  }

  @Test
  void messagesWithoutASubjectGoAnywhereAtOnce() {
    attach(1, 2, "#");
    offer(1, null);
    offer(2, null);
    offer(3, null);
    assertThat(settle()).containsExactly("1>1", "2>1");
    attach(2, 2, "#");
    assertThat(settle()).containsExactly("3>2");
  }

  @Test
  void whenAMemberLeavesWhatItHadGoesToOthersAtOnceAsTheNextAttempt() {
    attach(1, 9, "#");
    offer(1, "anna");
    offer(2, "anna");
    assertThat(settle()).containsExactly("1>1");
    attach(2, 9, "#");
    queue.detach(id(1), Set.of(), now);
    assertThat(settle()).containsExactly("1>2#2");
    assertThat(queue.ack(id(2), 1)).isTrue();
    assertThat(settle()).containsExactly("2>2");
  }

  @Test
  void whatNeverLeftForAMemberCountsAsNoAttempt() {
    attach(1, 9, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1>1");
    attach(2, 9, "#");
    queue.detach(id(1), Set.of(1L), now);
    assertThat(settle()).containsExactly("1>2");
  }

  @Test
  void aNackedMessageHoldsOnlyItsSubject() {
    attach(1, 9, "#");
    offer(1, "anna");
    offer(2, "anna");
    offer(3, "bert");
    assertThat(settle()).containsExactly("1>1", "3>1");
    queue.nack(id(1), 1, 500 * MS, now);
    assertThat(queue.ack(id(1), 3)).isTrue();
    offer(4, "bert");
    assertThat(settle()).containsExactly("4>1");
    assertThat(queue.wakeAt()).isEqualTo(now + 500 * MS);
    now += 499 * MS;
    assertThat(settle()).isEmpty();
    now += 1 * MS;
    assertThat(settle()).containsExactly("1>1#2");
  }

  @Test
  void anAckThatIsOverdueMovesTheSubjectToAnotherMember() {
    attach(1, 9, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1>1");
    attach(2, 9, "#");
    now += 1_000 * MS;
    assertThat(settle()).containsExactly("1<1", "1>2#2");
    assertThat(queue.ack(id(1), 1)).as("somebody else has it").isFalse();
    assertThat(queue.ack(id(2), 1)).isTrue();
  }

  @Test
  void aLateAckCountsWhileNobodyElseHasBegun() {
    attach(1, 1, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1>1");
    queue.nack(id(1), 1, 10_000 * MS, now);
    assertThat(queue.ack(id(1), 1)).isTrue();
    assertThat(settle()).isEmpty();
    assertThat(queue.floor().seq()).isEqualTo(1);
  }

  @Test
  void aSilentMemberDoesNotKeepItsSubjectsFromTheOthers() {
    attach(1, 1, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1>1");
    assertThat(queue.ack(id(1), 1)).isTrue();
    offer(2, "bert");
    assertThat(settle()).containsExactly("2>1");
    offer(3, "anna"); // lives at 1, which has no room
    attach(2, 9, "#");
    assertThat(settle()).isEmpty();
    now += 1_000 * MS;
    assertThat(settle()).containsExactly("2<1", "2>2#2", "3>2");
  }

  @Test
  void extendingKeepsAMessage() {
    attach(1, 9, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1>1");
    now += 900 * MS;
    queue.extend(id(1), 1, 5_000 * MS, now);
    now += 4_999 * MS;
    assertThat(settle()).isEmpty();
    now += 1 * MS;
    assertThat(settle()).containsExactly("1<1", "1>1#2");
  }

  @Test
  void aTerminatedMessageIsBuriedAndItsSubjectGoesOnOnceThatIsDurable() {
    attach(1, 9, "#");
    offer(1, "anna");
    offer(2, "anna");
    assertThat(settle()).containsExactly("1>1");
    queue.term(id(1), 1, "no such order");
    assertThat(settle()).containsExactly("1+terminated1 no such order");
    assertThat(queue.floor().seq()).isZero();
    queue.buried(1);
    assertThat(settle()).containsExactly("2>1");
    assertThat(queue.floor().seq()).isEqualTo(1);
  }

  @Test
  void aMessageThatFailsTooOftenIsBuried() {
    attach(1, 9, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1>1");
    queue.nack(id(1), 1, 0, now);
    assertThat(settle()).containsExactly("1>1#2");
    now += 1_000 * MS;
    assertThat(settle()).containsExactly("1<1", "1>1#3");
    queue.nack(id(1), 1, 0, now);
    assertThat(settle()).containsExactly("1+worn-out3 the client gave it back");
  }

  @Test
  void aFloodOfOneSubjectWaitsInTheLog() {
    attach(1, 100, "#");
    long seq = 1;
    while (queue.wantsMore()) {
      offer(seq++, "anna");
      queue.settle(now);
    }
    assertThat(seq - 1).isEqualTo(11); // one under way, ten ahead
    assertThat(queue.next()).isEqualTo(12);
  }

  @Test
  void whatWasDoneUnderAnEarlierOwnerIsPassedOver() {
    attach(1, 9, "#");
    for (int i = 1; i <= 6; i++) {
      offer(i, null);
    }
    assertThat(settle()).hasSize(6);
    for (long done : new long[] {1, 3, 4, 6}) {
      assertThat(queue.ack(id(1), done)).isTrue();
    }
    assertThat(queue.floor().seq()).isEqualTo(1);
    assertThat(queue.progress().toString()).isEqualTo("3-4,6-6");
    queue = queue(queue.floor().seq(), Progress.parse("3-4,6-6"));
    attach(2, 9, "#");
    assertThat(queue.progress().toString()).isEqualTo("3-4,6-6");
    for (int i = 2; i <= 7; i++) {
      offer(i, null);
    }
    assertThat(settle()).containsExactly("2>2", "5>2", "7>2");
  }

  @Test
  void failedAttemptsAreNotForgottenByTheNextOwner() {
    attach(1, 9, "#");
    offer(1, "anna");
    offer(2, "bert");
    assertThat(settle()).hasSize(2);
    queue.detach(id(1), Set.of(), now);
    attach(2, 9, "#");
    assertThat(settle()).containsExactly("1>2#2", "2>2#2");
    queue.detach(id(2), Set.of(2L), now);
    assertThat(queue.progress().toString()).isEqualTo("/1*2,2*1");
    queue = queue(0, Progress.parse("/1*2,2*1"));
    attach(3, 9, "#");
    offer(1, "anna");
    offer(2, "bert");
    assertThat(settle()).containsExactly("1>3#3", "2>3#2");
    queue.detach(id(3), Set.of(), now);
    assertThat(settle()).containsExactly("1+worn-out3 the connection ended");
    queue = queue(0, queue.progress()); // before the dead letter was there
    attach(4, 9, "#");
    offer(1, "anna");
    assertThat(settle()).containsExactly("1+worn-out3 tried too often");
  }

  @Test
  void whatNobodyTakesIsPassedOver() {
    attach(1, 9, "app.a");
    offer(1, "anna", "app.b");
    offer(2, "anna", "app.a");
    assertThat(settle()).containsExactly("2>1");
    assertThat(queue.floor().seq()).isEqualTo(1);
  }

  @Test
  void eachMemberGetsOnlyWhatItTakes() {
    attach(1, 9, "app.a");
    attach(2, 9, "app.b");
    offer(1, "anna", "app.a");
    offer(2, "bert", "app.b");
    offer(3, "carl", "app.a");
    assertThat(settle()).containsExactly("1>1", "2>2", "3>1");
    assertThat(queue.ack(id(1), 1)).isTrue();
    offer(4, "anna", "app.b"); // its home does not take it
    assertThat(settle()).containsExactly("4>2");
  }

  @Test
  void theTopicsOfAMemberThatJustReconnectsAreWaitedFor() {
    attach(1, 9, "app.a");
    attach(2, 9, "app.b");
    queue.detach(id(1), Set.of(), now);
    offer(1, "anna", "app.a");
    assertThat(settle()).isEmpty();
    now += 29_000 * MS;
    attach(3, 9, "app.a");
    assertThat(settle()).containsExactly("1>3");
    assertThat(queue.ack(id(3), 1)).isTrue();
    queue.detach(id(3), Set.of(), now);
    offer(2, "anna", "app.a");
    assertThat(settle()).isEmpty();
    assertThat(queue.wakeAt()).isEqualTo(now + 30_000 * MS);
    now += 30_000 * MS;
    assertThat(settle()).isEmpty();
    assertThat(queue.floor().seq()).isEqualTo(2);
  }

  @Test
  void anAttemptedMessageIsNeverGivenToAMemberThatDoesNotTakeItNorLost() {
    attach(1, 9, "app.a");
    offer(1, "anna", "app.a");
    assertThat(settle()).containsExactly("1>1");
    attach(2, 9, "app.b");
    queue.detach(id(1), Set.of(), now);
    now += 60_000 * MS;
    assertThat(settle()).isEmpty();
    assertThat(queue.floor().seq()).isZero();
    attach(3, 9, "app.#");
    assertThat(settle()).containsExactly("1>3#2");
  }
}

package dev.hongyan.router.spool;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.NewMessage;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  @TempDir Path dir;
  private final Metrics metrics = new Metrics();
  private final CountingDisk disk = new CountingDisk();
  private final AtomicLong ahead = new AtomicLong();
  private final AtomicLong marks = new AtomicLong(0x1234_5678_9abc_def0L);
  private Spool spool;

  @BeforeEach
  void start() {
    spool = open("a", 1 << 30);
  }

  @AfterEach
  void stop() {
    await(spool.close());
    metrics.close();
  }

  private Spool open(String node, long maxBytes) {
    Clock clock =
        new Clock() {
          @Override
          public long wallMillis() {
            return System.currentTimeMillis();
          }

          @Override
          public long nanos() {
            return System.nanoTime() + ahead.get();
          }
        };
    return await(
        Spool.open(
            new Spool.Settings(dir, node, maxBytes),
            clock,
            () -> marks.addAndGet(0x9e3779b97f4a7c15L),
            metrics,
            disk));
  }

  private void put(long from, long to) {
    List<Future<Void>> all = new ArrayList<>();
    for (long n = from; n < to; n++) {
      all.add(spool.append(Pushes.push("acme", "o", n)));
    }
    await(Future.join(all));
  }

  /** Drains everything, as the log would take it. */
  private static List<Long> drained(Spool from) {
    List<Long> out = new ArrayList<>();
    for (Chunk next = await(from.next()); next != null; next = await(from.next())) {
      assertThat(next.messages()).hasSizeLessThanOrEqualTo(SpoolQueue.CHUNK_MESSAGES);
      next.messages().forEach(m -> out.add(m.message().header().id()));
      next.messages().forEach(from::left);
      await(from.done(next, List.of()));
    }
    return out;
  }

  private static List<Long> numbers(long from, long to) {
    return Stream.iterate(from, n -> n < to, n -> n + 1).toList();
  }

  private List<Path> files(String folder) throws IOException {
    if (!Files.isDirectory(dir.resolve(folder))) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(dir.resolve(folder))) {
      return all.filter(f -> f.toString().endsWith(".log")).sorted().toList();
    }
  }

  @Test
  void whatWentInComesOutInOrderAndLeavesNothing() throws IOException {
    put(0, 1000);
    assertThat(spool.held("acme")).isEqualTo(1000);
    assertThat(drained(spool)).isEqualTo(numbers(0, 1000));
    assertThat(spool.held("acme")).isZero();
    put(1000, 1100);
    assertThat(drained(spool)).isEqualTo(numbers(1000, 1100));
    await(spool.close());
    assertThat(files("a")).isEmpty();
    assertThat(Files.exists(dir.resolve("a"))).isFalse();
    assertThat(spool.state().bytes()).isZero();
  }

  @Test
  void whateverWaitsForTheDiskIsForcedTogether() {
    put(0, 1);
    disk.allowed.drainPermits();
    List<Future<Void>> all = new ArrayList<>();
    all.add(spool.append(Pushes.push("acme", "o", 1)));
    // The first is being forced, or will be; all others wait behind it.
    for (long n = 2; n < 500; n++) {
      all.add(spool.append(Pushes.push("acme", "o", n)));
    }
    assertThat(all).noneMatch(Future::isComplete);
    int before = disk.forces.get();
    disk.allowed.release(1_000_000);
    await(Future.all(all));
    assertThat(disk.forces.get() - before).isBetween(1, 2);
    assertThat(drained(spool)).isEqualTo(numbers(0, 500));
  }

  @Test
  void atItsBoundItRefusesUntilThereIsRoomAgain() {
    await(spool.close());
    spool = open("b", 20_000);
    int taken = 0;
    Throwable no = null;
    while (no == null) {
      Future<Void> one = spool.append(Pushes.push("acme", "o", taken));
      no = await(one.map(v -> (Throwable) null).otherwise(e -> e));
      taken += no == null ? 1 : 0;
    }
    assertThat(ProblemException.of(no)).isEqualTo(Problem.OVERLOADED);
    assertThat(taken).isGreaterThan(100);
    assertThat(spool.state().bytes()).isLessThanOrEqualTo(20_000);
    assertThat(spool.held("acme")).isEqualTo(taken);
    assertThat(metrics.tally(Series.SPOOL_REFUSED).count()).isEqualTo(1);
    assertThat(drained(spool)).isEqualTo(numbers(0, taken));
    await(spool.lookAroundNow());
    put(taken, taken + 10);
    assertThat(drained(spool)).isEqualTo(numbers(taken, taken + 10));
  }

  @Test
  void afterACrashAllThatWasDurableIsThereAndATornRecordIsCutOff() throws IOException {
    put(0, 300);
    Path before = files("a").get(0);
    // What a crash leaves: the same bytes, somebody else's folder, half a record at the end.
    Path crashed = Files.createDirectories(dir.resolve("crashed")).resolve(before.getFileName());
    byte[] whole = Files.readAllBytes(before);
    Files.write(crashed, whole);
    Files.write(crashed, java.util.Arrays.copyOf(whole, 30), StandardOpenOption.APPEND);
    Spool next = open("next", 1 << 30);
    assertThat(next.held("acme")).isEqualTo(300);
    assertThat(Files.size(crashed)).isEqualTo(whole.length);
    assertThat(drained(next)).isEqualTo(numbers(0, 300));
    assertThat(Files.exists(crashed.getParent())).as("an adopted folder goes").isFalse();
    await(next.close());
    assertThat(metrics.tally(Series.SPOOL_BAD).count()).isZero();
  }

  @Test
  void theFolderOfALiveProcessIsLeftAloneAndThatOfADeadOneAdopted() {
    put(0, 50);
    Spool other = open("b", 1 << 30);
    assertThat(other.held("acme")).as("a is alive").isZero();
    await(spool.close());
    await(other.lookAroundNow());
    assertThat(other.held("acme")).isEqualTo(50);
    spool = other;
    put(50, 60);
    assertThat(drained(spool)).isEqualTo(numbers(0, 60));
  }

  @Test
  void whatIsDamagedIsSetAsideAndTheRestGoesOn() throws IOException {
    put(0, 100);
    Path file = files("a").get(0);
    byte[] whole = Files.readAllBytes(file);
    await(spool.close());
    int record = whole.length / 100; // about
    whole[record * 50] ^= 4;
    Files.write(file, whole);
    spool = open("b", 1 << 30);
    List<Long> read = drained(spool);
    assertThat(read).hasSize(99).isSorted().isSubsetOf(numbers(0, 100));
    assertThat(metrics.tally(Series.SPOOL_BAD).count()).isEqualTo(1);
    assertThat(spool.held("acme")).as("nobody waits for what is lost").isZero();
    assertThat(files("bad")).hasSize(1);
    assertThat(spool.state().badBytes()).isPositive().isEqualTo(spool.state().bytes());
    // Somebody has mended it and puts it back.
    whole[record * 50] ^= 4;
    Files.createDirectories(dir.resolve("again"));
    Files.delete(files("bad").get(0));
    Files.write(dir.resolve("again").resolve(file.getFileName()), whole);
    await(spool.lookAroundNow());
    assertThat(drained(spool)).isEqualTo(numbers(0, 100));
  }

  @Test
  void damageWhileItRunsDoesNotHoldTheTenantForEver() throws IOException {
    put(0, 100);
    Path file = files("a").get(0);
    byte[] whole = Files.readAllBytes(file);
    whole[whole.length - 3] ^= 1;
    Files.write(file, whole);
    assertThat(drained(spool)).isEqualTo(numbers(0, 99));
    assertThat(spool.held("acme")).isZero();
    put(100, 110);
    assertThat(drained(spool)).isEqualTo(numbers(100, 110));
  }

  @Test
  void aMessageThatTheLogRefusedForGoodIsSetAsideReadably() throws IOException {
    put(0, 3);
    Chunk chunk = await(spool.next());
    chunk.messages().forEach(spool::left);
    await(spool.done(chunk, List.of(chunk.messages().get(1))));
    Path bad = files("bad").get(0);
    await(spool.close());
    Files.createDirectories(dir.resolve("again"));
    Files.move(bad, dir.resolve("again").resolve(bad.getFileName()));
    spool = open("b", 1 << 30);
    assertThat(drained(spool)).containsExactly(1L);
  }

  @Test
  void aDiskThatIsFullFailsTheBatchAndLeavesNothingOfIt() {
    put(0, 10);
    disk.full = true;
    assertThatThrownBy(() -> put(10, 20)).isInstanceOf(ProblemException.class);
    assertThat(spool.takes()).isFalse();
    assertThat(spool.held("acme")).isEqualTo(10);
    // It is left alone for a while.
    assertThatThrownBy(() -> put(20, 21)).isInstanceOf(ProblemException.class);
    disk.full = false;
    await(spool.lookAroundNow());
    assertThat(spool.takes()).isTrue();
    ahead.addAndGet(1_000_000_000L);
    put(30, 40);
    List<Long> expected = new ArrayList<>(numbers(0, 10));
    expected.addAll(numbers(30, 40));
    assertThat(drained(spool)).isEqualTo(expected);
  }

  @Test
  void aForceThatFailedIsNotTrustedTheSecondTime() throws IOException {
    put(0, 10);
    disk.forceFails = true;
    assertThatThrownBy(() -> put(10, 11)).isInstanceOf(ProblemException.class);
    disk.forceFails = false;
    ahead.addAndGet(1_000_000_000L);
    put(20, 30);
    assertThat(files("a")).as("what follows is in another file").hasSize(2);
    List<Long> expected = new ArrayList<>(numbers(0, 10));
    expected.addAll(numbers(20, 30));
    assertThat(drained(spool)).isEqualTo(expected);
  }

  @Test
  void manySegmentsAreReadInTheOrderOfTheirWriting() throws IOException {
    String large = "x".repeat(100_000);
    List<Future<Void>> all = new ArrayList<>();
    for (long n = 0; n < 200; n++) {
      NewMessage message = Pushes.push("acme", "o", n, large);
      all.add(spool.append(message));
      if (n % 40 == 39) {
        await(Future.all(all)); // a batch does not span segments
      }
    }
    assertThat(files("a").size()).isGreaterThan(2);
    await(spool.close());
    spool = open("b", 1 << 30);
    assertThat(drained(spool)).isEqualTo(numbers(0, 200));
    assertThat(files("a")).isEmpty();
  }

  @Test
  void anEmptiedTenantIsToldOf() {
    List<String> told = new java.util.concurrent.CopyOnWriteArrayList<>();
    spool.onEmptied(told::add);
    put(0, 3);
    await(spool.append(Pushes.push("bolt", "o", 3)));
    assertThat(told).isEmpty();
    List<Long> unused = drained(spool);
    assertThat(told).containsExactlyInAnyOrder("acme", "bolt");
  }
}

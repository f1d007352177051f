package dev.hongyan.router.cursor;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.cursor.CursorStore.Attach;
import dev.hongyan.router.cursor.CursorStore.Attached;
import dev.hongyan.router.cursor.CursorStore.Save;
import dev.hongyan.router.cursor.CursorStore.Stored;
import dev.hongyan.router.cursor.Resume.Gap;
import dev.hongyan.router.cursor.Resume.Verdict;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.Script;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CursorStoreTest {
  private static final Keys KEYS = Keys.of("acme");
  private static RedisFixture redis;
  private final ManualTime time = new ManualTime(1_800_000_000_000L);
  private final CursorStore cursors = new CursorStore(redis.link(), time, () -> "new");

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
  }

  /** A log that holds places {@code oldest} to {@code seq}. */
  static void log(String epoch, long oldest, long seq) {
    redis.send(Command.DEL, KEYS.head(), KEYS.log());
    redis.send(Command.HSET, KEYS.head(), "epoch", epoch, "seq", Long.toString(seq));
    for (long i = oldest; i <= seq; i++) {
      redis.send(Command.XADD, KEYS.log(), i + "-0", "h", "x");
    }
  }

  @CanIgnoreReturnValue
  Attached attach(String name, StartAt at) {
    return await(cursors.attach("acme", name, "durable", at, false));
  }

  Attached seek(String name, StartAt at) {
    return await(cursors.attach("acme", name, "durable", at, true));
  }

  @CanIgnoreReturnValue
  boolean save(String name, long generation, String epoch, long seq) {
    Save save = new Save(name, generation, new Cursor(epoch, seq), Outcome.since(seq));
    return await(cursors.save("acme", List.of(save)))[0];
  }

  Cursor stored(String name) {
    return await(cursors.list("acme")).stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow()
        .floor();
  }

  static StartAt at(String cursor) {
    return new StartAt(StartAt.Kind.CURSOR, Cursor.parse(cursor));
  }

  @Test
  void aNewNameBeginsWhereItAsksFor() {
    log("e1", 5, 9);
    Attached now = attach("now", StartAt.NOW);
    assertThat(now)
        .returns(1L, Attached::generation)
        .returns(new Resume(Verdict.NEW, new Cursor("e1", 9), 9, null), Attached::resume);
    assertThat(attach("first", StartAt.FIRST).resume())
        .isEqualTo(new Resume(Verdict.NEW, new Cursor("e1", 4), 9, null));
    assertThat(attach("at", at("e1:6")).resume())
        .isEqualTo(new Resume(Verdict.RESUMED, new Cursor("e1", 6), 9, null));
    assertThat(attach("old", at("e1:2")).resume().verdict()).isEqualTo(Verdict.GAP);
    assertThat(attach("other", at("e0:6")).resume().verdict()).isEqualTo(Verdict.RESET);
    assertThat(List.of("now", "first", "at", "old", "other"))
        .extracting(this::stored)
        .containsExactly(
            new Cursor("e1", 9),
            new Cursor("e1", 4),
            new Cursor("e1", 6),
            new Cursor("e1", 4),
            new Cursor("e1", 4));
  }

  @Test
  void aNameBeforeTheFirstMessageMakesTheLog() {
    Attached a = attach("a", StartAt.FIRST);
    assertThat(a.resume().start()).isEqualTo(new Cursor("new", 0));
    assertThat(redis.send(Command.HGET, KEYS.head(), "epoch")).hasToString("new");
  }

  @Test
  void aKnownNameGoesOnWhereItsFloorWasWhateverItAsksFor() {
    log("e1", 1, 9);
    attach("a", StartAt.FIRST);
    assertThat(save("a", 1, "e1", 4)).isTrue();
    Attached again = attach("a", StartAt.NOW);
    assertThat(again)
        .returns(2L, Attached::generation)
        .returns(new Resume(Verdict.RESUMED, new Cursor("e1", 4), 9, null), Attached::resume);
    assertThat(seek("a", at("e1:7")).resume().start()).isEqualTo(new Cursor("e1", 7));
    assertThat(stored("a")).isEqualTo(new Cursor("e1", 7));
    assertThat(seek("a", at("e1:2")).resume().start()).isEqualTo(new Cursor("e1", 2));
    assertThat(seek("a", StartAt.FIRST).resume().start()).isEqualTo(new Cursor("e1", 0));
    assertThat(seek("a", StartAt.NOW).generation()).isEqualTo(6);
    assertThat(stored("a")).isEqualTo(new Cursor("e1", 9));
  }

  @Test
  void aSaveOfAReplacedGenerationChangesNothingAndSaysSo() {
    log("e1", 1, 9);
    long first = attach("a", StartAt.FIRST).generation();
    long second = attach("a", StartAt.FIRST).generation();
    assertThat(second).isGreaterThan(first);
    assertThat(save("a", first, "e1", 8)).isFalse();
    assertThat(stored("a")).isEqualTo(new Cursor("e1", 0));
    assertThat(save("a", second, "e1", 5)).isTrue();
    assertThat(save("nobody", 1, "e1", 5)).isFalse();
    assertThat(stored("a")).isEqualTo(new Cursor("e1", 5));
  }

  @Test
  void aFloorNeverGoesBack() {
    log("e1", 1, 20);
    attach("a", StartAt.FIRST);
    assertThat(save("a", 1, "e1", 15)).isTrue();
    assertThat(save("a", 1, "e1", 9)).isTrue();
    assertThat(stored("a")).isEqualTo(new Cursor("e1", 15));
  }

  @Test
  void manyFloorsAreSavedAtOnce() {
    log("e1", 1, 20);
    attach("a", StartAt.FIRST);
    attach("b", StartAt.FIRST);
    attach("b", StartAt.FIRST);
    time.advance(java.time.Duration.ofSeconds(5));
    boolean[] ours =
        await(
            cursors.save(
                "acme",
                List.of(
                    new Save("a", 1, new Cursor("e1", 3), Outcome.since(0)),
                    new Save("b", 1, new Cursor("e1", 4), Outcome.since(0)),
                    new Save("b", 2, new Cursor("e1", 5), new Outcome(0, 2, 1, 0, 0)))));
    assertThat(ours).containsExactly(true, false, true);
    assertThat(await(cursors.list("acme")))
        .containsExactlyInAnyOrder(
            stored("a", 1, 3, Outcome.since(3)), stored("b", 2, 5, new Outcome(5, 2, 1, 0, 0)));
  }

  private Stored stored(String name, long generation, long floor, Outcome outcome) {
    return new Stored(
        name,
        "durable",
        generation,
        new Cursor("e1", floor),
        time.wallMillis(),
        Progress.NONE,
        floor,
        outcome);
  }

  @Test
  void afterTheLogWasReplacedAReaderIsResetAndAStragglersSaveIsNotKept() {
    log("e1", 1, 20);
    attach("a", StartAt.FIRST);
    save("a", 1, "e1", 15);
    log("e2", 1, 3);
    // The same connection goes on in the new log; a retried save of the old one comes late.
    assertThat(save("a", 1, "e2", 2)).isTrue();
    assertThat(save("a", 1, "e1", 16)).isTrue();
    assertThat(stored("a")).isEqualTo(new Cursor("e2", 2));
    log("e3", 1, 30);
    Resume reset = attach("a", StartAt.NOW).resume();
    assertThat(reset)
        .isEqualTo(
            new Resume(
                Verdict.RESET,
                new Cursor("e3", 0),
                30,
                new Gap(new Cursor("e2", 2), new Cursor("e3", 0), "epoch")));
    assertThat(stored("a")).isEqualTo(new Cursor("e3", 0));
  }

  @Test
  void whatWasTrimmedMeanwhileIsAGap() {
    log("e1", 1, 20);
    attach("a", StartAt.FIRST);
    save("a", 1, "e1", 5);
    redis.send(Command.XTRIM, KEYS.log(), "MINID", "11-0");
    assertThat(attach("a", StartAt.NOW).resume())
        .isEqualTo(
            new Resume(
                Verdict.GAP,
                new Cursor("e1", 10),
                20,
                new Gap(new Cursor("e1", 5), new Cursor("e1", 10), "retention")));
    assertThat(stored("a")).isEqualTo(new Cursor("e1", 10));
  }

  @Test
  void aNameHasOneMode() {
    attach("a", StartAt.FIRST);
    assertThatThrownBy(() -> await(cursors.attach("acme", "a", "shared", StartAt.NOW, false)))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.CONFLICT));
    assertThat(await(cursors.list("acme")).get(0).generation()).isEqualTo(1);
    assertThat(attach("a", StartAt.NOW).generation()).isEqualTo(2);
  }

  @Test
  void onlyWhoHasANameMayForgetIt() {
    attach("a", StartAt.FIRST);
    attach("a", StartAt.FIRST);
    assertThat(await(cursors.forget("acme", "a", 1))).isFalse();
    assertThat(await(cursors.forget("acme", "a", 2))).isTrue();
    assertThat(await(cursors.forget("acme", "a", 2))).isFalse();
    assertThat(await(cursors.list("acme"))).isEmpty();
    assertThat(save("a", 2, "new", 1)).isFalse();
  }

  @Test
  void namesMayHoldAnythingAndAreOnesOwnTenants() {
    String odd = "a b:c\n\"%s 汉 👋";
    attach(odd, StartAt.FIRST);
    assertThat(await(cursors.list("acme"))).extracting(Stored::name).containsExactly(odd);
    assertThat(save(odd, 1, "new", 3)).isTrue();
    assertThat(await(cursors.list("other"))).isEmpty();
  }

  @Test
  void namesAreLimited() {
    Script fill =
        Script.of(
            "fill",
            "for i = 1, ARGV[1] do"
                + " redis.call('HSET', KEYS[1], 'n' .. i, '1 new 0 durable 0') end return 1");
    var unused = await(redis.link().eval(fill, List.of(KEYS.cursor()), CursorStore.NAMES_MAX - 1));
    attach("last", StartAt.NOW);
    assertThatThrownBy(() -> attach("more", StartAt.NOW))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.RATE_LIMITED));
    assertThat(attach("n7", StartAt.NOW).generation()).isEqualTo(2); // known ones may come back
  }

  @Test
  void manyNamesAttachInOneCallAndEachHasItsOwnOutcome() {
    log("e1", 3, 9);
    attach("old", at("e1:5"));
    await(cursors.attach("acme", "work", "shared", StartAt.NOW, false));
    List<Future<Attached>> all =
        await(
            cursors.attach(
                "acme",
                List.of(
                    new Attach("new", "durable", StartAt.NOW, false),
                    new Attach("work", "durable", StartAt.NOW, false),
                    new Attach("old", "durable", StartAt.NOW, false),
                    new Attach("back", "durable", at("e1:1"), false),
                    new Attach("new", "durable", StartAt.NOW, false))));

    assertThat(all.get(0).result().generation()).isEqualTo(1);
    assertThat(all.get(0).result().resume().verdict()).isEqualTo(Verdict.NEW);
    assertThat(all.get(0).result().resume().start()).isEqualTo(new Cursor("e1", 9));
    assertThat(((ProblemException) all.get(1).cause()).problem()).isEqualTo(Problem.CONFLICT);
    assertThat(all.get(2).result().generation()).isEqualTo(2);
    assertThat(all.get(2).result().resume().start()).isEqualTo(new Cursor("e1", 5));
    assertThat(all.get(3).result().resume().verdict()).isEqualTo(Verdict.GAP);
    assertThat(all.get(4).result().generation()).isEqualTo(2);
    assertThat(stored("back")).isEqualTo(new Cursor("e1", 2));
  }
}

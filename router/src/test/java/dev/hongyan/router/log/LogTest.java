package dev.hongyan.router.log;

import static dev.hongyan.router.log.Messages.event;
import static dev.hongyan.router.log.Messages.header;
import static dev.hongyan.router.log.Messages.message;
import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.LogStore.Retention;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.StoreOptions;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.VertxInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Appends, reads and trims on a real Redis. */
class LogTest {
  private static final long NOW = 1_800_000_000_000L;
  private static RedisFixture redis;
  private static final AtomicInteger epochs = new AtomicInteger();

  private final ManualTime time = new ManualTime(NOW);
  private final LogStore log = new LogStore(redis.link(), LogTest::epoch);

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

  static String epoch() {
    return "e" + epochs.incrementAndGet();
  }

  /** One event loop with its link and its appender, as a verticle has them. */
  private final class Loop {
    final Context context = ((VertxInternal) redis.vertx()).createEventLoopContext();
    final List<LogEntry> told = new CopyOnWriteArrayList<>();
    final RedisLink link;
    final LogAppender appender;
    volatile boolean otherNodes;

    Loop() {
      this(StoreOptions.of(List.of(redis.address()), redis.dir()));
    }

    Loop(StoreOptions options) {
      Promise<RedisLink> made = Promise.promise();
      context.runOnContext(x -> made.complete(RedisLink.open(redis.vertx(), options)));
      link = await(made.future());
      await(link.ready());
      appender =
          new LogAppender(
              link,
              time,
              LogTest::epoch,
              task -> context.runOnContext(x -> task.run()),
              () -> otherNodes,
              told::addAll);
    }

    /** All in one tick. */
    List<Future<Appended>> append(List<NewMessage> messages) {
      Promise<List<Future<Appended>>> promise = Promise.promise();
      context.runOnContext(x -> promise.complete(messages.stream().map(appender::append).toList()));
      return await(promise.future());
    }

    @CanIgnoreReturnValue
    List<Appended> appended(NewMessage... messages) {
      return append(List.of(messages)).stream().map(RedisFixture::await).toList();
    }
  }

  static List<NewMessage> messages(String tenant, long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(i -> message(tenant, i, "k" + i)).toList();
  }

  static List<Long> seqs(List<LogEntry> entries) {
    return entries.stream().map(LogEntry::seq).toList();
  }

  static long scriptCalls() {
    Matcher m =
        Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)")
            .matcher(redis.send(Command.INFO, "commandstats").toString());
    long calls = 0;
    while (m.find()) {
      calls += Long.parseLong(m.group(1));
    }
    return calls;
  }

  static void assertProblem(Problem problem, Future<?> future) {
    assertThatThrownBy(() -> await(future))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
  }

  @Test
  void placesCountFromOneWithoutHolesInOneEpoch() {
    Loop loop = new Loop();
    List<Appended> all = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      all.addAll(loop.appended(message("acme", i * 2, null), message("acme", i * 2 + 1, null)));
    }
    assertThat(all)
        .extracting(Appended::seq)
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    assertThat(all).extracting(Appended::epoch).containsOnly(all.get(0).epoch());
    LogHead head = await(log.head("acme"));
    assertThat(head).isEqualTo(new LogHead(all.get(0).epoch(), 10, 1));
    assertThat(seqs(loop.told)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
  }

  @Test
  void whatIsReadIsWhatWasAppendedByteForByte() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    EntryHeader full = new EntryHeader(7, "wx.mp.event.SCAN.推广", "o👋\u001f", 5, 6);
    EntryHeader bare = new EntryHeader(Long.MAX_VALUE, "app.x", null, -1, 0);
    Loop loop = new Loop();
    String epoch =
        loop.appended(
                new NewMessage("acme", full, null, null, bytes),
                new NewMessage("acme", bare, null, null, new byte[0]))
            .get(0)
            .epoch();
    List<LogEntry> read = await(log.read("acme", epoch, 0, 10));
    assertThat(read).extracting(LogEntry::header).containsExactly(full, bare);
    assertThat(read.get(0).event()).isEqualTo(bytes);
    assertThat(read.get(1).event()).isEmpty();
    assertThat(read.get(0)).hasToString("acme@" + epoch + ":1");
    assertThat(seqs(await(log.read("acme", epoch, 2, 10)))).containsExactly(2L);
    assertThat(await(log.read("acme", epoch, 3, 10))).isEmpty();
    assertThat(seqs(await(log.read("acme", epoch, 1, 1)))).containsExactly(1L);
  }

  @Test
  void aLogThatWasReplacedIsNotReadAsTheOldOne() {
    Loop loop = new Loop();
    String old = loop.appended(message("acme", 1, null)).get(0).epoch();
    redis.clear();
    String fresh = loop.appended(message("acme", 2, null)).get(0).epoch();
    assertThat(fresh).isNotEqualTo(old);
    assertProblem(Problem.STORE_UNAVAILABLE, log.read("acme", old, 1, 10));
    assertThat(seqs(await(log.read("acme", fresh, 1, 10)))).containsExactly(1L);
  }

  @Test
  void aRepeatIsGivenTheFirstPlaceWithinACallAndLater() {
    Loop loop = new Loop();
    List<Appended> first =
        loop.appended(
            message("acme", 1, "a"),
            message("acme", 2, "a"),
            message("acme", 3, "b"),
            message("acme", 4, null),
            message("acme", 5, "a"));
    assertThat(first).extracting(Appended::seq).containsExactly(1L, 1L, 2L, 3L, 1L);
    assertThat(first)
        .extracting(Appended::duplicate)
        .containsExactly(false, true, false, false, true);
    assertThat(new Loop().appended(message("acme", 6, "b")).get(0))
        .isEqualTo(new Appended(first.get(0).epoch(), 2, true));
    // Another tenant and another account have keys of their own.
    assertThat(loop.appended(message("other", 7, "a")).get(0).duplicate()).isFalse();
    NewMessage account = new NewMessage("acme", header(8), "bank", "a", event(8));
    assertThat(loop.appended(account).get(0).seq()).isEqualTo(4);
    assertThat(seqs(loop.told)).containsExactly(1L, 2L, 3L, 1L, 4L);
    assertThat(redis.send(Command.TTL, Keys.of("acme").seen("shop", "a")).toInteger())
        .isBetween(LogAppender.DEDUPE_SECONDS - 60, LogAppender.DEDUPE_SECONDS);
  }

  @Test
  void threeThatArriveAtTheSameMomentOnDifferentLoopsAreOne() {
    List<Loop> loops = List.of(new Loop(), new Loop(), new Loop());
    for (int i = 1; i <= 50; i++) {
      List<Future<Appended>> same = new ArrayList<>();
      NewMessage push = message("acme", i, "push" + i);
      for (Loop loop : loops) {
        Promise<Appended> p = Promise.promise();
        loop.context.runOnContext(x -> loop.appender.append(push).onComplete(p));
        same.add(p.future());
      }
      List<Appended> all = same.stream().map(RedisFixture::await).toList();
      assertThat(all).extracting(Appended::seq).containsOnly((long) i);
      assertThat(all).filteredOn(a -> !a.duplicate()).hasSize(1);
    }
    assertThat(loops.stream().mapToInt(l -> l.told.size()).sum()).isEqualTo(50);
  }

  @Test
  void whatOneTickBringsForATenantIsOneCall() {
    Loop loop = new Loop();
    loop.appended(message("acme", 1, null)); // the script is known from here on
    long before = scriptCalls();
    List<Future<Appended>> all = loop.append(messages("acme", 2, 201));
    all.forEach(RedisFixture::await);
    assertThat(scriptCalls() - before).isEqualTo(1);
    assertThat(seqs(loop.told)).isEqualTo(LongStream.rangeClosed(1, 201).boxed().toList());
  }

  @Test
  void manyTenantsInOneTickEachGetTheirCall() {
    Loop loop = new Loop();
    List<NewMessage> all = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      for (int t = 0; t < 400; t++) {
        all.add(message("t" + t, i, "k" + i));
      }
    }
    long before = scriptCalls();
    List<Appended> done = loop.append(all).stream().map(RedisFixture::await).toList();
    // The first calls of a new server are sent twice: by digest, and then with the source.
    assertThat(scriptCalls() - before).isBetween(400L, 800L);
    for (int i = 0; i < done.size(); i++) {
      assertThat(done.get(i).seq()).isEqualTo(i / 400 + 1);
    }
  }

  @Test
  void aBurstKeepsItsOrderAlsoWhenTheServerForgetsTheScript() {
    Loop loop = new Loop();
    List<Future<Appended>> all = new ArrayList<>();
    for (int tick = 0; tick < 40; tick++) {
      all.addAll(loop.append(messages("acme", tick * 25 + 1, tick * 25 + 25)));
      if (tick % 10 == 5) {
        redis.send(Command.SCRIPT, "FLUSH");
      }
    }
    List<Long> seqs = all.stream().map(f -> await(f).seq()).toList();
    assertThat(seqs).isEqualTo(LongStream.rangeClosed(1, 1000).boxed().toList());
  }

  @Test
  void tooManyAtOnceAreRefusedAndTheOthersAppended() {
    Loop loop = new Loop();
    List<Future<Appended>> all = loop.append(messages("acme", 1, LogAppender.HELD_MESSAGES + 10));
    for (int i = 0; i < 10; i++) {
      assertProblem(Problem.OVERLOADED, all.get(LogAppender.HELD_MESSAGES + i));
    }
    assertThat(await(all.get(LogAppender.HELD_MESSAGES - 1)).seq())
        .isEqualTo(LogAppender.HELD_MESSAGES);
    assertThat(loop.appended(message("acme", 0, null)).get(0).seq())
        .isEqualTo(LogAppender.HELD_MESSAGES + 1);
  }

  @Test
  void tooManyBytesAtOnceAreRefusedToo() {
    Loop loop = new Loop();
    byte[] big = new byte[LogAppender.MAX_EVENT_BYTES];
    int fit = LogAppender.HELD_BYTES / big.length;
    List<NewMessage> all = new ArrayList<>();
    for (int i = 0; i <= fit; i++) {
      all.add(new NewMessage("acme", header(i), null, null, big));
    }
    List<Future<Appended>> done = loop.append(all);
    assertProblem(Problem.OVERLOADED, done.get(fit));
    assertThat(await(done.get(fit - 1)).seq()).isEqualTo(fit);
    assertThat(loop.appended(all.get(0)).get(0).seq()).isEqualTo(fit + 1);
  }

  @Test
  void anEventOverTheLimitIsRefused() {
    Loop loop = new Loop();
    byte[] event = new byte[LogAppender.MAX_EVENT_BYTES + 1];
    assertProblem(
        Problem.TOO_LARGE,
        loop.appender.append(new NewMessage("acme", header(1), null, null, event)));
  }

  @Test
  void aWatcherThatFailsKeepsNobodyWaiting() {
    Loop loop = new Loop();
    LogAppender failing =
        new LogAppender(
            loop.link,
            time,
            LogTest::epoch,
            task -> loop.context.runOnContext(x -> task.run()),
            () -> false,
            entries -> {
              throw new IllegalStateException("a watcher's mistake");
            });
    for (int i = 1; i <= 3; i++) {
      Promise<Appended> p = Promise.promise();
      int id = i;
      loop.context.runOnContext(
          x -> {
            loop.context.exceptionHandler(e -> {});
            failing.append(message("acme", id, null)).onComplete(p);
          });
      assertThat(await(p.future()).seq()).isEqualTo(i);
    }
  }

  @Test
  void otherNodesHearOfNewMessagesOnlyWhenThereAreAny() {
    Loop loop = new Loop();
    List<String> heard = new CopyOnWriteArrayList<>();
    Promise<Void> third = Promise.promise();
    Redis client = Redis.createClient(redis.vertx(), redis.address());
    RedisConnection connection = await(client.connect());
    connection.handler(
        m -> {
          if (m.get(0).toString().equals("message")) {
            heard.add(m.get(1) + " " + m.get(2));
            if (m.get(2).toString().equals("4")) {
              third.tryComplete();
            }
          }
        });
    await(connection.send(Request.cmd(Command.SUBSCRIBE).arg(Keys.of("acme").hints())));
    loop.appended(message("acme", 1, "a"));
    loop.otherNodes = true;
    loop.appended(message("acme", 2, "b"), message("acme", 3, "c"));
    loop.appended(message("acme", 4, "a")); // a repeat is no news
    loop.appended(message("acme", 5, "d"));
    await(third.future());
    assertThat(heard)
        .containsExactly(Keys.of("acme").hints() + " 3", Keys.of("acme").hints() + " 4");
    await(client.close());
  }

  @Test
  void placesNearTheEndOfExactNumbersStayExact() {
    Keys keys = Keys.of("acme");
    long far = 9_007_199_254_740_000L; // just below 2^53
    redis.send(Command.HSET, keys.head(), "epoch", "old", "seq", Long.toString(far));
    Loop loop = new Loop();
    assertThat(loop.appended(message("acme", 1, "a"), message("acme", 2, "a")))
        .extracting(Appended::seq)
        .containsExactly(far + 1, far + 1);
    loop.appended(message("acme", 3, "b"), message("acme", 4, "c"));
    assertThat(await(log.head("acme"))).isEqualTo(new LogHead("old", far + 3, far + 1));
    assertThat(seqs(await(log.read("acme", "old", far + 2, 5)))).containsExactly(far + 2, far + 3);
    assertThat(await(log.trim("acme", new Retention(1, Duration.ZERO), NOW, 1))).isEqualTo(2);
    assertThat(await(log.head("acme"))).isEqualTo(new LogHead("old", far + 3, far + 3));
  }

  @Test
  void afterRedisWasKilledTheCountGoesOnWithoutHoleOrRepeat() {
    Loop loop = new Loop();
    List<Appended> answered = new ArrayList<>();
    long id = 0;
    for (int life = 0; life < 3; life++) {
      for (int i = 0; i < 20; i++) {
        answered.addAll(loop.appended(message("acme", ++id, "k" + id)));
      }
      Promise<Void> down = Promise.promise();
      Promise<Void> up = Promise.promise();
      loop.link.onState(now -> (now ? up : down).tryComplete());
      Promise<Void> fixtureUp = Promise.promise();
      redis
          .link()
          .onState(
              now -> {
                if (now) {
                  fixtureUp.tryComplete();
                }
              });
      List<Future<Appended>> unsure = loop.append(messages("acme", id + 1, id + 300));
      long pid = redis.store().embedded().pid();
      assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
      await(down.future());
      await(Future.join(unsure).otherwiseEmpty());
      assertProblem(Problem.STORE_UNAVAILABLE, loop.append(messages("acme", 0, 0)).get(0));
      await(up.future());
      await(fixtureUp.future());
      // Whoever had no answer asks again, and de-duplication decides.
      for (Future<Appended> f : loop.append(messages("acme", id + 1, id + 300))) {
        answered.add(await(f));
      }
      for (Future<Appended> f : unsure) {
        if (f.succeeded()) {
          assertThat(answered).anyMatch(a -> a.seq() == f.result().seq());
        }
      }
      id += 300;
    }
    assertThat(answered).extracting(Appended::epoch).containsOnly(answered.get(0).epoch());
    assertThat(answered.stream().map(Appended::seq).toList())
        .isEqualTo(LongStream.rangeClosed(1, id).boxed().toList());
    assertThat(seqs(await(log.read("acme", answered.get(0).epoch(), 1, 2000))))
        .isEqualTo(LongStream.rangeClosed(1, id).boxed().toList());
  }

  // ---- retention ----

  private long oldest() {
    return await(log.head("acme")).oldest();
  }

  private void append(Loop loop, int n) {
    loop.append(LongStream.range(0, n).mapToObj(i -> message("acme", i, null)).toList())
        .forEach(RedisFixture::await);
  }

  @CanIgnoreReturnValue
  private long trim(long messages, Duration age, long fence) {
    return await(log.trim("acme", new Retention(messages, age), time.wallMillis(), fence));
  }

  @Test
  void theNewestMessagesAreKeptByCount() {
    append(new Loop(), 100);
    assertThat(trim(0, Duration.ZERO, 1)).isZero();
    assertThat(trim(100, Duration.ZERO, 1)).isZero();
    assertThat(trim(30, Duration.ZERO, 1)).isEqualTo(70);
    assertThat(await(log.head("acme")).seq()).isEqualTo(100);
    assertThat(oldest()).isEqualTo(71);
    assertThat(trim(30, Duration.ZERO, 1)).isZero();
    assertThat(await(log.trim("nobody", new Retention(1, Duration.ZERO), NOW, 1))).isZero();
  }

  @Test
  void messagesAreKeptByAgeToWithinTenSeconds() {
    Loop loop = new Loop();
    for (int i = 0; i < 60; i++) { // one each second
      append(loop, 1);
      time.advance(Duration.ofSeconds(1));
    }
    assertThat(trim(0, Duration.ofSeconds(60), 1)).isZero();
    time.advance(Duration.ofSeconds(10)); // the first is 70 s old, the last 11 s
    trim(0, Duration.ofSeconds(40), 1);
    // Place n is 71 - n seconds old: 31 and above must be there, 20 and below must not.
    assertThat(oldest()).isBetween(21L, 31L);
  }

  @Test
  void aTenantThatFellSilentKeepsNothingForEver() {
    Loop loop = new Loop();
    append(loop, 5);
    time.advance(Duration.ofSeconds(3));
    append(loop, 5);
    time.advance(Duration.ofSeconds(60));
    assertThat(trim(0, Duration.ofSeconds(60), 1)).isZero();
    time.advance(Duration.ofSeconds(10));
    assertThat(trim(0, Duration.ofSeconds(60), 1)).isEqualTo(10);
    LogHead empty = await(log.head("acme"));
    assertThat(empty.seq()).isEqualTo(10);
    assertThat(empty.oldest()).isEqualTo(11);
    append(loop, 1);
    assertThat(await(log.head("acme"))).isEqualTo(new LogHead(empty.epoch(), 11, 11));
  }

  @Test
  void aWrongClockDoesNotStopAgeing() {
    Loop loop = new Loop();
    ManualTime right = time;
    ManualTime wrong = new ManualTime(NOW + Duration.ofDays(400).toMillis());
    LogAppender astray =
        new LogAppender(
            loop.link,
            wrong,
            LogTest::epoch,
            task -> loop.context.runOnContext(x -> task.run()),
            () -> false,
            entries -> {});
    await(astray.append(message("acme", 1, null)));
    append(loop, 5);
    right.advance(Duration.ofSeconds(30));
    append(loop, 5);
    right.advance(Duration.ofSeconds(60));
    assertThat(trim(0, Duration.ofSeconds(70), 1)).isEqualTo(6);
  }

  @Test
  void marksGoWithTheMessages() {
    Loop loop = new Loop();
    for (int i = 0; i < 50; i++) {
      append(loop, 1);
      time.advance(Duration.ofSeconds(10));
    }
    String marks = Keys.of("acme").marks();
    assertThat(redis.send(Command.ZCARD, marks).toInteger()).isEqualTo(50);
    trim(10, Duration.ZERO, 1);
    assertThat(redis.send(Command.ZCARD, marks).toInteger()).isEqualTo(10);
    trim(0, Duration.ofSeconds(50), 1);
    assertThat(redis.send(Command.ZCARD, marks).toInteger()).isBetween(5, 6);
  }

  @Test
  void aDurableCursorHoldsMessagesBackUpToTheHardLimit() {
    Loop loop = new Loop();
    append(loop, 100);
    String epoch = await(log.head("acme")).epoch();
    String cursors = Keys.of("acme").cursor();
    redis.send(Command.HSET, cursors, "slow", "1 " + epoch + " 75 durable 0");
    redis.send(Command.HSET, cursors, "fast", "1 " + epoch + " 100 durable 0");
    redis.send(Command.HSET, cursors, "gone", "1 elsewhere 3 durable 0");
    assertThat(trim(20, Duration.ZERO, 1)).isEqualTo(75);
    assertThat(oldest()).isEqualTo(76);
    append(loop, 50);
    trim(20, Duration.ZERO, 1);
    assertThat(oldest()).isEqualTo(150 - 40 + 1); // twice the limit and no more
    redis.send(Command.HSET, cursors, "slow", "1 " + epoch + " 140 durable 0");
    redis.send(Command.HSET, cursors, "fast", "1 " + epoch + " 150 durable 0");
    trim(20, Duration.ZERO, 1);
    assertThat(oldest()).isEqualTo(131);
  }

  @Test
  void anOwnerThatWasReplacedCutsNothing() {
    append(new Loop(), 10);
    assertThat(trim(9, Duration.ZERO, 5)).isEqualTo(1);
    assertThat(trim(1, Duration.ZERO, 4)).isEqualTo(-1);
    assertThat(oldest()).isEqualTo(2);
    assertThat(trim(8, Duration.ZERO, 6)).isEqualTo(1);
    Response fence = redis.send(Command.HGET, Keys.of("acme").head(), "fence");
    assertThat(fence.toLong()).isEqualTo(6);
  }

  // ---- values ----

  @Test
  void aHeaderMayGrowInLaterVersions() {
    EntryHeader h = new EntryHeader(9, "a.b", "o1", 10, 11);
    String text = new String(h.encode(), StandardCharsets.UTF_8);
    assertThat(EntryHeader.decode(text)).isEqualTo(h);
    assertThat(EntryHeader.decode(text + "\nmore\nlines")).isEqualTo(h);
    assertThatThrownBy(() -> EntryHeader.decode("9\na.b\no1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new EntryHeader(1, "a\nb", null, 0, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new NewMessage("acme", h, "shop", null, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theLineOfAnEntryIsMadeOnceAndHoldsTheEventAsItIs() {
    LogEntry entry = new LogEntry("acme", "e1", 7, header(1), event(1));
    assertThat(new String(entry.line(), StandardCharsets.UTF_8))
        .isEqualTo("{\"op\":\"msg\",\"cursor\":\"e1:7\",\"event\":{\"id\":\"1\"}}");
    assertThat(entry.line()).isSameAs(entry.line());
    EntryHeader dated = new EntryHeader(1, "t", null, 0, 1_700_000_000_123L);
    assertThat(new LogEntry("acme", "e1", 7, dated, event(1)).line())
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(
            "{\"op\":\"msg\",\"cursor\":\"e1:7\",\"deadline\":\"2023-11-14T22:13:20.123Z\","
                + "\"event\":{\"id\":\"1\"}}");
  }
}

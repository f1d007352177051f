package dev.hongyan.tenant.store;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class EmbeddedRedisTest {
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  final List<Store> opened = new ArrayList<>();

  @TempDir Path dir;

  @AfterEach
  void close() {
    opened.forEach(store -> await(store.close()));
    await(vertx.close());
  }

  @CanIgnoreReturnValue
  Store open(Vertx with, Path at) {
    Store store = await(Store.open(with, StoreOptions.embedded(at)));
    opened.add(store);
    return store;
  }

  static RedisLink ready(Store store) {
    RedisLink link = store.link();
    await(link.ready());
    return link;
  }

  static void set(RedisLink link, String key, String value) {
    assertThat(await(link.send(Request.cmd(Command.SET).arg(key).arg(value))).toString())
        .isEqualTo("OK");
  }

  static String get(RedisLink link, String key) {
    return String.valueOf(await(link.send(Request.cmd(Command.GET).arg(key))));
  }

  static Future<Void> next(RedisLink link, boolean up) {
    Promise<Void> promise = Promise.promise();
    link.onState(
        now -> {
          if (now == up) {
            promise.tryComplete();
          }
        });
    return promise.future();
  }

  static ProcessHandle process(long pid) {
    return ProcessHandle.of(pid).orElseThrow();
  }

  static void ended(ProcessHandle process) throws Exception {
    assertThat(process.onExit().get(5, TimeUnit.SECONDS).isAlive()).isFalse();
  }

  @Test
  void itListensOnASocketForOurEyesOnlyAndWritesThrough() throws Exception {
    Store store = open(vertx, dir);
    assertThat(store.embedded().address()).startsWith("unix:///");
    assertThat(store.embedded().role()).isEqualTo(EmbeddedRedis.Role.OWN);
    RedisLink link = ready(store);
    for (String[] wanted :
        new String[][] {
          {"appendonly", "yes"},
          {"appendfsync", "always"},
          {"save", ""},
          {"port", "0"},
          {"maxmemory-policy", "noeviction"},
          {"aof-load-truncated", "yes"}
        }) {
      assertThat(
              await(link.send(Request.cmd(Command.CONFIG).arg("GET").arg(wanted[0])))
                  .get(1)
                  .toString())
          .isEqualTo(wanted[1]);
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("redis"))))
        .isEqualTo("rwx------");
    ProcessHandle process = process(store.embedded().pid());
    await(store.close());
    ended(process);
  }

  @Test
  void withoutUnixSocketsItListensOnLoopbackWithAPassword() {
    Vertx plain = Vertx.vertx();
    try {
      Store store = open(plain, dir);
      assertThat(store.embedded().address()).matches("redis://:[0-9a-f]{64}@127.0.0.1:\\d+");
      RedisLink link = ready(store);
      set(link, "a", "b");
      String open = store.embedded().address().replaceFirst(":[0-9a-f]{64}@", "");
      assertThat(new RedisProbe(open).isServing(Duration.ofSeconds(1))).isFalse();
      await(link.close());
      await(store.close());
      Store again = open(plain, dir);
      assertThat(get(ready(again), "a")).isEqualTo("b");
      await(again.close());
    } finally {
      await(plain.close());
    }
  }

  @Test
  void aFolderWithALongNameIsNoHindrance() throws Exception {
    Path deep = dir.resolve("long-".repeat(20)).resolve("a name with spaces");
    Store store = open(vertx, deep);
    assertThat(store.embedded().address()).startsWith("redis://");
    set(ready(store), "a", "b");
  }

  @Test
  void aRedisThatIsKilledRunsAgainWithItsDataAndLinksComeBack() throws Exception {
    Store store = open(vertx, dir);
    RedisLink link = ready(store);
    for (int i = 0; i < 3; i++) {
      set(link, "a", "b" + i);
      Future<Void> back = next(link, false).compose(down -> next(link, true));
      ProcessHandle killed = process(store.embedded().pid());
      long began = System.nanoTime();
      assertThat(killed.destroyForcibly()).isTrue();
      await(back);
      assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(5));
      assertThat(get(link, "a")).isEqualTo("b" + i);
      assertThat(store.embedded().pid()).isPositive().isNotEqualTo(killed.pid());
    }
  }

  @Test
  void halfACommandAtTheEndOfTheLogIsDropped() throws Exception {
    Store store = open(vertx, dir);
    RedisLink link = ready(store);
    set(link, "a", "kept");
    await(link.close());
    await(store.close());
    Files.writeString(
        dir.resolve("redis/appendonly.aof"),
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100\r\nhalf",
        StandardOpenOption.APPEND);
    assertThat(get(ready(open(vertx, dir)), "a")).isEqualTo("kept");
  }

  @Test
  void theSameFolderTwiceInOneProcessIsRefusedInOneLine() {
    open(vertx, dir);
    assertThatThrownBy(() -> await(EmbeddedRedis.start(vertx, StoreOptions.embedded(dir))))
        .hasMessage("the data folder is in use by this very process");
  }

  @Test
  void aRedisThatOutlivedAKilledProcessIsTakenOver() throws Exception {
    try (OtherProcess other = OtherProcess.start(dir)) {
      String[] said = other.said();
      assertThat(said[0]).isEqualTo("OWN");
      RedisLink direct = RedisLink.open(vertx, StoreOptions.of(List.of(said[2]), dir));
      await(direct.ready());
      set(direct, "a", "b");
      other.kill();
      Store store = open(vertx, dir);
      assertThat(store.embedded().role()).isEqualTo(EmbeddedRedis.Role.OWN);
      assertThat(store.embedded().pid()).isEqualTo(Long.parseLong(said[1]));
      assertThat(get(ready(store), "a")).isEqualTo("b");
      // It is watched like one of our own.
      Future<Void> back = next(direct, false).compose(down -> next(direct, true));
      process(store.embedded().pid()).destroyForcibly();
      await(back);
      assertThat(get(direct, "a")).isEqualTo("b");
    }
  }

  @Test
  void whenProcessAndRedisAreBothKilledTheDataIsThereAtTheNextStart() throws Exception {
    try (OtherProcess other = OtherProcess.start(dir)) {
      String[] said = other.said();
      RedisLink direct = RedisLink.open(vertx, StoreOptions.of(List.of(said[2]), dir));
      await(direct.ready());
      set(direct, "a", "b");
      other.kill();
      ProcessHandle redis = process(Long.parseLong(said[1]));
      assertThat(redis.destroyForcibly()).isTrue();
      ended(redis);
      Store store = open(vertx, dir);
      assertThat(store.embedded().pid()).isNotEqualTo(redis.pid());
      assertThat(get(ready(store), "a")).isEqualTo("b");
    }
  }

  @Test
  void aSecondProcessJoinsAndTheLastOneStopsTheRedis() throws Exception {
    Store first = open(vertx, dir);
    RedisLink link = ready(first);
    set(link, "a", "b");
    ProcessHandle redis = process(first.embedded().pid());
    try (OtherProcess second = OtherProcess.start(dir)) {
      String[] said = second.said();
      assertThat(said).containsExactly("JOINED", "" + redis.pid(), first.embedded().address());
      await(first.close());
      assertThat(redis.isAlive()).isTrue();
      assertThat(get(link, "a")).isEqualTo("b");
      second.end();
      ended(redis);
    }
  }

  @Test
  void aJoinedProcessKeepsTheRedisWhenTheFirstIsKilled() throws Exception {
    try (OtherProcess first = OtherProcess.start(dir)) {
      String[] said = first.said();
      Store second = open(vertx, dir);
      assertThat(second.embedded().role()).isEqualTo(EmbeddedRedis.Role.JOINED);
      RedisLink link = ready(second);
      set(link, "a", "b");
      first.kill();
      Future<Void> back = next(link, false).compose(down -> next(link, true));
      assertThat(process(Long.parseLong(said[1])).destroyForcibly()).isTrue();
      await(back);
      assertThat(get(link, "a")).isEqualTo("b");
      assertThat(second.embedded().role()).isEqualTo(EmbeddedRedis.Role.OWN);
    }
  }
}

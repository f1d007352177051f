package dev.hongyan.tenant.store;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisLinkTest {
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  @TempDir Path dir;

  @AfterEach
  void close() {
    await(vertx.close());
  }

  RedisLink link(String... addresses) {
    return RedisLink.open(vertx, StoreOptions.of(List.of(addresses), dir));
  }

  static Request get(String key) {
    return Request.cmd(Command.GET).arg(key);
  }

  static Request set(String key, String value) {
    return Request.cmd(Command.SET).arg(key).arg(value);
  }

  static void assertProblem(Problem problem, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
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

  @Test
  void withoutAStoreCommandsFailAtOnceAndTheLinkComesUpByItself() throws Exception {
    int port = RawRedis.freePort();
    RedisLink link = link("redis://127.0.0.1:" + port);
    assertProblem(Problem.STORE_UNAVAILABLE, () -> await(link.send(get("a"))));
    assertThat(link.isUp()).isFalse();
    try (RawRedis redis = RawRedis.start(port, dir)) {
      await(link.ready());
      assertThat(await(link.send(get("a")))).isNull();
      assertThat(await(link.latency())).isPositive();
      Future<Void> down = next(link, false);
      assertThat(redis.handle().destroyForcibly()).isTrue();
      await(down);
      assertProblem(Problem.STORE_UNAVAILABLE, () -> await(link.send(get("a"))));
    }
  }

  @Test
  void aStoreThatDoesNotAnswerFailsInTimeAndIsGivenUpAfterSeveral() {
    Promise<Void> dropped = Promise.promise();
    // Greets, answers the first PING, and then is silent.
    NetServer silent =
        await(
            vertx
                .createNetServer()
                .connectHandler(
                    socket -> {
                      socket.closeHandler(x -> dropped.tryComplete());
                      socket.handler(
                          b -> {
                            if (b.toString().toUpperCase(Locale.ROOT).contains("HELLO")) {
                              var unused = socket.write("*0\r\n");
                            } else if (b.toString().toUpperCase(Locale.ROOT).contains("PING")) {
                              var unused = socket.write("+PONG\r\n");
                            }
                          });
                    })
                .listen(0, "127.0.0.1"));
    RedisLink link =
        RedisLink.open(
            vertx,
            StoreOptions.of(List.of("redis://127.0.0.1:" + silent.actualPort()), dir)
                .withTimeouts(Duration.ofMillis(200), Duration.ofMillis(500)));
    await(link.ready());
    for (int i = 0; i < 3; i++) {
      assertProblem(Problem.STORE_UNAVAILABLE, () -> await(link.send(get("a"))));
    }
    await(dropped.future());
    assertThat(link.inFlight()).isZero();
  }

  @Test
  void aboveTheLimitCommandsFailAtOnceAndTheOthersAreAnswered() throws Exception {
    try (RawRedis redis = RawRedis.start(dir)) {
      RedisLink link =
          RedisLink.open(vertx, StoreOptions.of(List.of(redis.address()), dir).withInFlightMax(10));
      await(link.ready());
      Promise<List<Future<Response>>> sent = Promise.promise();
      vertx.runOnContext(
          x ->
              link.latency()
                  .onComplete(
                      y -> {
                        List<Future<Response>> all = new ArrayList<>();
                        for (int i = 0; i < 15; i++) {
                          all.add(link.send(get("a")));
                        }
                        sent.complete(all);
                      }));
      List<Future<Response>> all = await(sent.future());
      await(Future.join(all).otherwiseEmpty());
      assertThat(all.stream().filter(Future::succeeded)).hasSize(10);
      assertThat(all.stream().filter(Future::failed).map(f -> ProblemException.of(f.cause())))
          .hasSize(5)
          .containsOnly(Problem.OVERLOADED);
      assertThat(await(link.send(set("a", "b"))).toString()).isEqualTo("OK");
      assertThat(link.inFlight()).isZero();
    }
  }

  @Test
  void scriptsGivenOneAfterTheOtherRunInThatOrderFromTheFirstOn() throws Exception {
    Script push = Script.of("push", "return redis.call('RPUSH', KEYS[1], ARGV[1])");
    List<String> numbers = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      numbers.add(Integer.toString(i));
    }
    try (RawRedis redis = RawRedis.start(dir)) {
      RedisLink link = link(redis.address());
      await(link.ready());
      List<Future<?>> all = new ArrayList<>();
      for (String number : numbers) { // a hop to the link's context each, so in many writes
        all.add(link.eval(push, List.of("list"), number));
      }
      await(Future.all(all));
      Response list = await(link.send(Request.cmd(Command.LRANGE).arg("list").arg(0).arg(-1)));
      assertThat(list.stream().map(Response::toString)).containsExactlyElementsOf(numbers);
    }
  }

  @Test
  void aScriptIsSentOnceAndTakesBytesAsTheyAre() throws Exception {
    Script script =
        Script.of("put", "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])");
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    try (RawRedis redis = RawRedis.start(dir)) {
      RedisLink link = link(redis.address());
      await(link.ready());
      assertThat(await(link.eval(script, List.of("k"), bytes)).toBytes()).isEqualTo(bytes);
      assertThat(await(link.eval(script, List.of("k"), Buffer.buffer(bytes))).toBytes())
          .isEqualTo(bytes);
      await(link.send(Request.cmd(Command.SCRIPT).arg("FLUSH")));
      assertThat(await(link.eval(script, List.of("k"), 42)).toString()).isEqualTo("42");
      Script raising = Script.of("raise", "return redis.error_reply('FENCED too late')");
      assertThatThrownBy(() -> await(link.eval(raising, List.of("k"))))
          .isInstanceOfSatisfying(StoreError.class, e -> assertThat(e.code()).isEqualTo("FENCED"));
      await(link.send(Request.cmd(Command.RPUSH).arg("list").arg("x")));
      assertThatThrownBy(() -> await(link.send(get("list"))))
          .isInstanceOfSatisfying(
              StoreError.class, e -> assertThat(e.code()).isEqualTo("WRONGTYPE"));
      List<Response> batch = await(link.batch(List.of(set("x", "1"), get("x"), get("none"))));
      assertThat(batch.get(1).toString()).isEqualTo("1");
      assertThat(batch.get(2)).isNull();
    }
  }

  @Test
  void aClusterIsReachedByOneOfItsNodes() throws Exception {
    String[] options = {"cluster-enabled yes", "cluster-node-timeout 2000", "save \"\""};
    try (RawRedis a = RawRedis.start(dir, options);
        RawRedis b = RawRedis.start(dir, options)) {
      RedisLink toA = link(a.address());
      RedisLink toB = link(b.address());
      await(toA.ready());
      await(toB.ready());
      for (int slot = 0; slot < 16384; slot += 8192) {
        Request add = Request.cmd(Command.CLUSTER).arg("ADDSLOTS");
        for (int i = slot; i < slot + 8192; i++) {
          add.arg(i);
        }
        await((slot == 0 ? toA : toB).send(add));
      }
      await(toA.send(Request.cmd(Command.CLUSTER).arg("MEET").arg("127.0.0.1").arg(b.port)));
      clusterIsOk(toA);
      clusterIsOk(toB);
      for (String address :
          List.of("cluster://127.0.0.1:" + a.port, a.address() + "," + b.address())) {
        RedisLink cluster =
            link(address.startsWith("cluster") ? new String[] {address} : address.split(","));
        await(cluster.ready());
        Script script = Script.of("incr", "return redis.call('INCR', KEYS[1])");
        List<Request> sets = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          String key = Keys.of("t" + i).log();
          await(cluster.eval(script, List.of(key)));
          sets.add(get(key));
        }
        List<Response> got = await(cluster.batch(sets));
        assertThat(got).hasSize(50).noneMatch(r -> r == null);
      }
      // Both nodes hold some: the keys really went to where their slots are.
      assertThat(await(toA.send(Request.cmd(Command.DBSIZE))).toInteger()).isPositive();
      assertThat(await(toB.send(Request.cmd(Command.DBSIZE))).toInteger()).isPositive();
    }
  }

  static void clusterIsOk(RedisLink link) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String info;
    do {
      info = await(link.send(Request.cmd(Command.CLUSTER).arg("INFO"))).toString();
      assertThat(System.nanoTime()).as(info).isLessThan(deadline);
    } while (!info.contains("cluster_state:ok") || !info.contains("cluster_known_nodes:2"));
  }

  @Test
  void theMasterIsFoundByASentinel() throws Exception {
    try (RawRedis master = RawRedis.start(dir, "save \"\"");
        RawRedis sentinel =
            RawRedis.start(dir, "sentinel monitor mine 127.0.0.1 " + master.port + " 1")) {
      RedisLink link = link("sentinel://127.0.0.1:" + sentinel.port + "/mine");
      await(link.ready());
      await(link.send(set("a", "by sentinel")));
      RedisLink direct = link(master.address());
      await(direct.ready());
      assertThat(await(direct.send(get("a"))).toString()).isEqualTo("by sentinel");
    }
  }
}

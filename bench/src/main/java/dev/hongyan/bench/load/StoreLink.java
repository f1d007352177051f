package dev.hongyan.bench.load;

import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.StoreOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A way into a node's store beside the node, on an event loop of its own. */
final class StoreLink implements AutoCloseable {
  private static final Duration COMMAND_WITHIN = Duration.ofSeconds(30);
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
  private final RedisLink redis;

  StoreLink(String address) throws InterruptedException {
    CompletableFuture<RedisLink> opened = new CompletableFuture<>();
    StoreOptions options =
        StoreOptions.of(List.of(address), Path.of("."))
            .withTimeouts(COMMAND_WITHIN, CONNECT_WITHIN);
    vertx.runOnContext(v -> opened.complete(RedisLink.open(vertx, options)));
    redis = get(opened);
    var unused = get(redis.ready().toCompletionStage().toCompletableFuture());
  }

  RedisLink redis() {
    return redis;
  }

  /** Runs something on the link's event loop. */
  void run(Runnable task) {
    vertx.runOnContext(v -> task.run());
  }

  /** One command; blocking. */
  String send(Request command) throws InterruptedException {
    return get(redis.send(command).map(String::valueOf).toCompletionStage().toCompletableFuture());
  }

  /** A number that {@code INFO} gives; blocking. */
  long info(String section, String field) throws InterruptedException {
    String before = field + ":";
    return send(Request.cmd(Command.INFO).arg(section))
        .lines()
        .filter(l -> l.startsWith(before))
        .mapToLong(l -> Long.parseLong(l.substring(before.length()).strip()))
        .findFirst()
        .orElseThrow();
  }

  /** A message as a node writes it, with 100 subjects in turn. */
  static NewMessage message(String tenant, String topic, long number, byte[] data) {
    String subject = "u" + number % 100;
    byte[] head =
        ("{\"specversion\":\"1.0\",\"id\":\""
                + number
                + "\",\"type\":\""
                + topic
                + "\",\"source\":\"/bench\",\"subject\":\""
                + subject
                + "\",\"data\":")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] event = new byte[head.length + data.length + 1];
    System.arraycopy(head, 0, event, 0, head.length);
    System.arraycopy(data, 0, event, head.length, data.length);
    event[event.length - 1] = '}';
    return new NewMessage(
        tenant,
        new EntryHeader(number, topic, subject, System.currentTimeMillis(), 0),
        null,
        null,
        event);
  }

  static <T> T get(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}

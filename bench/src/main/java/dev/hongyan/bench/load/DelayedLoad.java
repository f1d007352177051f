package dev.hongyan.bench.load;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.schedule.DelayStore;
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

/** Puts delayed messages into a node's store, as a node does, many under way at once. */
public final class DelayedLoad implements AutoCloseable {
  private static final int UNDER_WAY = 1_000;

  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(1));
  private final Generator generator;
  private final String tenant;
  private final String topic;
  private final RedisLink link;
  private final DelayStore delays;
  private long next;
  private long left;

  /** When a message is due. */
  public interface Due {
    /** Milliseconds since 1970. */
    long millis(long number);
  }

  public DelayedLoad(Generator generator, String storeAddress, String tenant, String topic)
      throws InterruptedException {
    this.generator = generator;
    this.tenant = tenant;
    this.topic = topic;
    CompletableFuture<RedisLink> opened = new CompletableFuture<>();
    StoreOptions options =
        StoreOptions.of(List.of(storeAddress), Path.of("."))
            .withTimeouts(Duration.ofSeconds(30), Duration.ofSeconds(5));
    vertx.runOnContext(v -> opened.complete(RedisLink.open(vertx, options)));
    link = get(opened);
    var unused = get(link.ready().toCompletionStage().toCompletableFuture());
    delays = new DelayStore(link, Clock.system(), () -> "bench");
  }

  /** Adds messages of these numbers; blocking. */
  public void add(long from, int count, int bytes, Due due) throws InterruptedException {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    vertx.runOnContext(
        v -> {
          next = from;
          left = count;
          for (int i = 0; i < Math.min(UNDER_WAY, count); i++) {
            one(from + count, bytes, due, done);
          }
        });
    var unused = get(done);
  }

  private void one(long until, int bytes, Due due, CompletableFuture<Boolean> done) {
    if (next == until) {
      return;
    }
    long number = next++;
    long at = due.millis(number);
    delays
        .add(message(number, bytes, at), at)
        .onComplete(
            added -> {
              if (--left == 0) {
                done.complete(true);
              }
              one(until, bytes, due, done);
            },
            done::completeExceptionally);
  }

  private NewMessage message(long number, int bytes, long dueMillis) {
    long dueNanos = generator.now() + (dueMillis - System.currentTimeMillis()) * 1_000_000;
    String subject = "u" + number % 100;
    byte[] data = Stamps.data(bytes, number, dueNanos);
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

  /** Memory that Redis says it uses, in bytes. */
  public long storeBytes() throws InterruptedException {
    String info =
        get(
            link.send(Request.cmd(Command.INFO).arg("memory"))
                .map(String::valueOf)
                .toCompletionStage()
                .toCompletableFuture());
    return info.lines()
        .filter(l -> l.startsWith("used_memory:"))
        .mapToLong(l -> Long.parseLong(l.substring(l.indexOf(':') + 1).strip()))
        .findFirst()
        .orElseThrow();
  }

  /** How many wait. */
  public long pending() throws InterruptedException {
    return get(delays.pending(tenant).toCompletionStage().toCompletableFuture());
  }

  private static <T> T get(CompletableFuture<T> future) throws InterruptedException {
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

package dev.hongyan.bench.load;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.LogAppender;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Makes a tenant's log long, with the appender that a node has, while that node is away: it would
 * not hear of these messages. Without fsync for each call, which would take hours.
 */
public final class LogFill implements AutoCloseable {
  private static final int UNDER_WAY = 4_000;
  private static final int REWRITE_LOOK_MILLIS = 200;

  private final Generator generator;
  private final String tenant;
  private final String topic;
  private final StoreLink store;
  private final LogAppender log;
  private long next;
  private long left;

  public LogFill(Generator generator, String storeAddress, String tenant, String topic)
      throws InterruptedException {
    this.generator = generator;
    this.tenant = tenant;
    this.topic = topic;
    store = new StoreLink(storeAddress);
    log =
        new LogAppender(
            store.redis(), Clock.system(), () -> "bench", store::run, () -> false, entries -> {});
  }

  /**
   * Appends messages until there are so many or time is up; blocking.
   *
   * @param from number of the first
   * @param bytes size of each message's data
   * @return the number after the last
   */
  public long add(long from, long count, int bytes, Duration within) throws InterruptedException {
    var relaxed = store.send(fsync("everysec"));
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    long deadline = System.nanoTime() + within.toNanos();
    store.run(
        () -> {
          next = from;
          left = 0;
          more(from + count, bytes, deadline, done);
        });
    var unused = StoreLink.get(done);
    var strict = store.send(fsync("always"));
    return next;
  }

  private void more(long until, int bytes, long deadline, CompletableFuture<Boolean> done) {
    boolean ends = System.nanoTime() - deadline > 0;
    while (!ends && next < until && left < UNDER_WAY) {
      long number = next++;
      left++;
      log.append(
              StoreLink.message(tenant, topic, number, Stamps.data(bytes, number, generator.now())))
          .onComplete(
              appended -> {
                left--;
                if (left <= UNDER_WAY / 2) {
                  more(until, bytes, deadline, done);
                }
              },
              done::completeExceptionally);
    }
    if (left == 0 && (ends || next >= until)) {
      boolean unused = done.complete(true);
    }
  }

  private static Request fsync(String how) {
    return Request.cmd(Command.CONFIG).arg("SET").arg("appendfsync").arg(how);
  }

  /** Waits until Redis does not rewrite its files any more, which it does while they grow. */
  public boolean awaitRewritten(Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    while (store.info("persistence", "aof_rewrite_in_progress") != 0) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(REWRITE_LOOK_MILLIS);
    }
    return true;
  }

  /** Memory that Redis says it uses, in bytes. */
  public long storeBytes() throws InterruptedException {
    return store.info("memory", "used_memory");
  }

  @Override
  public void close() {
    store.close();
  }
}

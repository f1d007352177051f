package dev.hongyan.bench.load;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.router.schedule.DelayStore;
import java.util.concurrent.CompletableFuture;

/** Puts delayed messages into a node's store, as a node does, many under way at once. */
public final class DelayedLoad implements AutoCloseable {
  private static final int UNDER_WAY = 1_000;

  private final Generator generator;
  private final String tenant;
  private final String topic;
  private final StoreLink store;
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
    store = new StoreLink(storeAddress);
    delays = new DelayStore(store.redis(), Clock.system(), () -> "bench");
  }

  /** Adds messages of these numbers; blocking. */
  public void add(long from, int count, int bytes, Due due) throws InterruptedException {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    store.run(
        () -> {
          next = from;
          left = count;
          for (int i = 0; i < Math.min(UNDER_WAY, count); i++) {
            one(from + count, bytes, due, done);
          }
        });
    var unused = StoreLink.get(done);
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
    return StoreLink.message(tenant, topic, number, Stamps.data(bytes, number, dueNanos));
  }

  /** Memory that Redis says it uses, in bytes. */
  public long storeBytes() throws InterruptedException {
    return store.info("memory", "used_memory");
  }

  /** How many wait. */
  public long pending() throws InterruptedException {
    return StoreLink.get(delays.pending(tenant).toCompletionStage().toCompletableFuture());
  }

  @Override
  public void close() {
    store.close();
  }
}

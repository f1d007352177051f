package dev.hongyan.tenant.store;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what is published on channels of the store, over a connection of its own that comes back by
 * itself (50 ms, doubling to 1 s). What is published while it is away is lost: only hints may
 * travel this way. Open it on the context that is to hear.
 */
public final class RedisSubscriber {
  private static final Logger LOG = LoggerFactory.getLogger(RedisSubscriber.class);
  private static final long BACKOFF_MIN_MILLIS = 50;
  private static final long BACKOFF_MAX_MILLIS = 1_000;

  private final Vertx vertx;
  private final StoreOptions options;
  private final String pattern;
  private final BiConsumer<String, String> listener;
  private @Nullable Redis client;
  private long backoffMillis = BACKOFF_MIN_MILLIS;
  private boolean closed;

  private RedisSubscriber(
      Vertx vertx, StoreOptions options, String pattern, BiConsumer<String, String> listener) {
    this.vertx = vertx;
    this.options = options;
    this.pattern = pattern;
    this.listener = listener;
  }

  static RedisSubscriber open(
      Vertx vertx, StoreOptions options, String pattern, BiConsumer<String, String> listener) {
    RedisSubscriber subscriber = new RedisSubscriber(vertx, options, pattern, listener);
    subscriber.connect();
    return subscriber;
  }

  public void close() {
    closed = true;
    drop();
  }

  private void connect() {
    if (closed) {
      return;
    }
    Redis attempt = Redis.createClient(vertx, StoreAddress.parse(options.redis()).options(options));
    client = attempt;
    attempt
        .connect()
        .compose(made -> listen(attempt, made))
        .onFailure(e -> again(attempt, e.toString()));
  }

  private Future<?> listen(Redis from, RedisConnection made) {
    made.handler(this::heard);
    made.exceptionHandler(e -> again(from, e.toString()));
    made.endHandler(ended -> again(from, "the connection ended"));
    backoffMillis = BACKOFF_MIN_MILLIS;
    return made.send(Request.cmd(Command.PSUBSCRIBE).arg(pattern));
  }

  private void heard(Response message) {
    List<String> parts = message.stream().map(String::valueOf).toList();
    if (parts.size() == 4 && parts.get(0).equals("pmessage")) {
      listener.accept(parts.get(2), parts.get(3));
    }
  }

  private void again(Redis from, String why) {
    if (client != from) {
      return; // told already
    }
    LOG.debug("not hearing {}: {}", pattern, why);
    drop();
    if (!closed) {
      long delay = backoffMillis;
      backoffMillis = Math.min(BACKOFF_MAX_MILLIS, backoffMillis * 2);
      vertx.setTimer(delay, due -> connect());
    }
  }

  private void drop() {
    Redis old = client;
    client = null;
    if (old != null) {
      old.close().onFailure(e -> LOG.debug("closing a subscriber: {}", e.toString()));
    }
  }
}

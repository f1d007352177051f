package dev.hongyan.tenant.store;

import dev.hongyan.observability.problem.Problem;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisClientType;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store as one event loop sees it: one connection (in a cluster one per node) that all commands
 * of that loop share as a pipeline. Open one per verticle, from its context; commands are answered
 * there. Any thread may call, from elsewhere it costs a hop.
 *
 * <p>Nothing waits for a store that is away: without a connection every command fails at once with
 * {@link Problem#STORE_UNAVAILABLE}, and the link comes back by itself (50 ms, doubling to 1 s). A
 * command without an answer in time fails the same way: then nobody knows whether it was done. Once
 * {@value #TIMEOUTS_IN_A_ROW} in a row had no answer the connection is given up. Above {@link
 * StoreOptions#inFlightMax()} commands fail with {@link Problem#OVERLOADED}. What Redis itself
 * refuses is a {@link StoreError}.
 *
 * <p>A missing value is a null {@link Response}. No blocking commands here (BLPOP, XREAD BLOCK):
 * they would hold up everybody behind them.
 */
public final class RedisLink {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
  private static final int TIMEOUTS_IN_A_ROW = 3;
  private static final long BACKOFF_MIN_MILLIS = 50;
  private static final long BACKOFF_MAX_MILLIS = 1_000;

  private final Vertx vertx;
  private final ContextInternal context;
  private final StoreOptions options;
  private final RedisOptions clientOptions;
  private final boolean cluster;
  private final long timeoutNanos;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();
  private final Promise<Void> firstUp = Promise.promise();

  /** Scripts whose source went over the present connection; on the link's context. */
  private final Set<Script> known = new HashSet<>();

  private @Nullable Redis client;
  private @Nullable RedisConnection connection;
  private volatile boolean up;
  private boolean closed;
  private boolean downWasLogged;
  private int inFlight;
  private int timeoutsInRow;
  private long backoffMillis = BACKOFF_MIN_MILLIS;
  private long sweepTimer = -1;

  /** A command on its way; {@code answer} is null once somebody was told. */
  private static final class Waiting {
    final long deadlineNanos;
    final int commands;
    @Nullable Consumer<Throwable> fail;

    Waiting(long deadlineNanos, int commands, Consumer<Throwable> fail) {
      this.deadlineNanos = deadlineNanos;
      this.commands = commands;
      this.fail = fail;
    }
  }

  private RedisLink(Vertx vertx, StoreOptions options) {
    StoreAddress address = StoreAddress.parse(options.redis());
    this.vertx = vertx;
    this.context = (ContextInternal) vertx.getOrCreateContext();
    this.options = options;
    this.clientOptions = address.options(options);
    this.cluster = address.type() == RedisClientType.CLUSTER;
    this.timeoutNanos = options.commandTimeout().toNanos();
  }

  /**
   * Opens a link on the current context and begins to connect.
   *
   * @param options with at least one address; {@link Store#link} knows that of the embedded Redis
   */
  public static RedisLink open(Vertx vertx, StoreOptions options) {
    RedisLink link = new RedisLink(vertx, options);
    link.run(link::connect);
    return link;
  }

  /** Completes when the store was reached for the first time. */
  public Future<Void> ready() {
    return firstUp.future();
  }

  /** Whether there is a connection right now. */
  public boolean isUp() {
    return up;
  }

  /** Calls {@code listener} at each change, on the link's context: true is up. */
  public void onState(Consumer<Boolean> listener) {
    listeners.add(listener);
  }

  /** Sends one command. */
  public Future<@Nullable Response> send(Request request) {
    Promise<@Nullable Response> promise = Promise.promise();
    run(() -> submit(request, promise));
    return promise.future();
  }

  /**
   * Sends many commands as one write; answers come in the order of the requests. Fails as a whole
   * when one of them fails, and then says nothing about the others. In a cluster they go one by one
   * to where their keys live, with no order between nodes.
   */
  public Future<List<@Nullable Response>> batch(List<Request> requests) {
    if (requests.isEmpty()) {
      return Future.succeededFuture(List.of());
    }
    if (cluster) {
      List<Future<@Nullable Response>> each = new ArrayList<>(requests.size());
      for (Request request : requests) {
        each.add(send(request));
      }
      return Future.join(each).map(all -> all.<@Nullable Response>list());
    }
    Promise<List<@Nullable Response>> promise = Promise.promise();
    run(() -> submitBatch(requests, promise));
    return promise.future();
  }

  /**
   * Runs a script: the first time on a connection by its source, then by its digest. Scripts given
   * one after the other run in that order, unless the server forgets them while we are connected
   * (or, in a cluster, some node does not know them yet): then the source follows the refusal.
   *
   * @param keys what the script touches, all of one tenant
   * @param args String, Number, {@code byte[]} (taken as it is, not copied) or Buffer
   */
  public Future<@Nullable Response> eval(Script script, List<String> keys, Object... args) {
    Request byDigest = request(Command.EVALSHA, script.sha(), keys, args);
    Promise<@Nullable Response> promise = Promise.promise();
    run(
        () ->
            submit(
                known.add(script) ? request(Command.EVAL, script.source(), keys, args) : byDigest,
                promise));
    return promise
        .future()
        .recover(
            failure ->
                failure instanceof StoreError e && e.code().equals("NOSCRIPT")
                    ? send(request(Command.EVAL, script.source(), keys, args))
                    : Future.failedFuture(failure));
  }

  /** How long a PING takes now; fails when the store is away. */
  public Future<Duration> latency() {
    long started = System.nanoTime();
    return send(Request.cmd(Command.PING))
        .map(pong -> Duration.ofNanos(System.nanoTime() - started));
  }

  /** Commands without an answer so far. */
  public int inFlight() {
    return inFlight;
  }

  /** Whether keys live on several nodes, so that only keys of one tenant may meet in a script. */
  public boolean isCluster() {
    return cluster;
  }

  /** Closes; commands on their way fail. */
  public Future<Void> close() {
    Promise<Void> promise = Promise.promise();
    run(
        () -> {
          closed = true;
          Redis old = client;
          giveUp("the link was closed");
          (old == null ? Future.<Void>succeededFuture() : old.close()).onComplete(promise);
        });
    return promise.future();
  }

  private static Request request(
      Command command, byte[] script, List<String> keys, Object... args) {
    Request request = Request.cmd(command).arg(script).arg(keys.size());
    for (String key : keys) {
      request.arg(key);
    }
    for (Object arg : args) {
      if (arg instanceof byte[] bytes) {
        request.arg(bytes);
      } else if (arg instanceof Buffer buffer) {
        request.arg(buffer);
      } else if (arg instanceof Long || arg instanceof Integer) {
        request.arg(((Number) arg).longValue());
      } else if (arg instanceof String text) {
        request.arg(text);
      } else {
        throw new IllegalArgumentException("no script argument: " + arg.getClass().getName());
      }
    }
    return request;
  }

  private void run(Runnable task) {
    if (context.inThread()) {
      task.run();
    } else {
      context.runOnContext(ignored -> task.run());
    }
  }

  private void submit(Request request, Promise<@Nullable Response> promise) {
    RedisConnection to = admit(1, promise);
    if (to != null) {
      Waiting w = enqueue(1, promise::tryFail);
      to.send(request)
          .onComplete(
              (response, failure) -> {
                if (settle(w, to, failure, promise)) {
                  promise.tryComplete(response);
                }
              });
    }
  }

  private void submitBatch(List<Request> requests, Promise<List<@Nullable Response>> promise) {
    RedisConnection to = admit(requests.size(), promise);
    if (to != null) {
      Waiting w = enqueue(requests.size(), promise::tryFail);
      to.batch(requests)
          .onComplete(
              (responses, failure) -> {
                if (settle(w, to, failure, promise)) {
                  promise.tryComplete(responses);
                }
              });
    }
  }

  private @Nullable RedisConnection admit(int commands, Promise<?> promise) {
    RedisConnection to = connection;
    if (to == null) {
      promise.fail(Problem.STORE_UNAVAILABLE.because("The store cannot be reached"));
      return null;
    }
    if (inFlight + commands > options.inFlightMax()) {
      promise.fail(Problem.OVERLOADED.because("Too many commands wait for the store"));
      return null;
    }
    return to;
  }

  private Waiting enqueue(int commands, Consumer<Throwable> fail) {
    Waiting w = new Waiting(System.nanoTime() + timeoutNanos, commands, fail);
    waiting.add(w);
    inFlight += commands;
    if (sweepTimer < 0) {
      // Deadlines stand in line in the order of sending, so one slow timer serves all of them.
      sweepTimer =
          vertx.setPeriodic(
              Math.max(5, options.commandTimeout().toMillis() / 8), ignored -> sweep());
    }
    return w;
  }

  /** True when there is an answer for somebody who still waits for it. */
  private boolean settle(
      Waiting w, RedisConnection from, @Nullable Throwable failure, Promise<?> promise) {
    if (w.fail == null) {
      return false; // timed out or given up before
    }
    w.fail = null;
    inFlight -= w.commands;
    while (!waiting.isEmpty() && waiting.peek().fail == null) {
      waiting.remove();
    }
    if (failure == null) {
      timeoutsInRow = 0;
      return true;
    }
    RedisFailure known = RedisFailure.of(failure);
    promise.tryFail(known.told());
    if (known.connectionIsGone() && connection == from) {
      giveUp(String.valueOf(failure.getMessage()));
    } else if (!known.connectionIsGone()) {
      timeoutsInRow = 0;
    }
    return false;
  }

  private void sweep() {
    long now = System.nanoTime();
    for (Waiting w = waiting.peek(); w != null; w = waiting.peek()) {
      Consumer<Throwable> fail = w.fail;
      if (fail != null && w.deadlineNanos - now > 0) {
        break;
      }
      waiting.remove();
      if (fail != null) {
        w.fail = null;
        inFlight -= w.commands;
        timeoutsInRow++;
        fail.accept(
            Problem.STORE_UNAVAILABLE.because(
                "The store did not answer within " + options.commandTimeout().toMillis() + " ms"));
      }
    }
    if (timeoutsInRow >= TIMEOUTS_IN_A_ROW) {
      giveUp("no answer to " + timeoutsInRow + " commands in a row");
    }
    if (waiting.isEmpty()) {
      vertx.cancelTimer(sweepTimer);
      sweepTimer = -1;
    }
  }

  private void connect() {
    if (closed) {
      return;
    }
    Redis attempt = Redis.createClient(vertx, clientOptions);
    client = attempt;
    attempt
        .connect()
        // A server that still loads its data answers PING with an error: not up yet.
        .compose(c -> c.send(Request.cmd(Command.PING)).map(pong -> c))
        .timeout(
            options.connectTimeout().plus(options.commandTimeout()).toMillis(),
            TimeUnit.MILLISECONDS)
        .onComplete(
            (made, failure) ->
                run(
                    () -> {
                      if (client != attempt) {
                        return; // closed meanwhile
                      }
                      if (made != null) {
                        connected(attempt, made);
                      } else {
                        giveUp(failure == null ? "no reason known" : failure.toString());
                      }
                    }));
  }

  private void connected(Redis from, RedisConnection made) {
    Consumer<String> lost =
        why ->
            run(
                () -> {
                  if (client == from) {
                    giveUp(why);
                  }
                });
    made.exceptionHandler(e -> lost.accept(String.valueOf(e)));
    made.endHandler(ignored -> lost.accept("the connection ended"));
    connection = made;
    known.clear();
    timeoutsInRow = 0;
    backoffMillis = BACKOFF_MIN_MILLIS;
    if (downWasLogged) {
      downWasLogged = false;
      LOG.info("The store is back");
    }
    up = true;
    firstUp.tryComplete();
    listeners.forEach(l -> l.accept(true));
  }

  /** Ends the present connection or attempt, tells everybody who waits, and tries again later. */
  private void giveUp(String why) {
    Redis old = client;
    client = null;
    connection = null;
    timeoutsInRow = 0;
    boolean wasUp = up;
    up = false;
    if (old != null) {
      old.close().onFailure(e -> LOG.debug("closing a lost connection: {}", e.toString()));
    }
    if (!closed && !downWasLogged) {
      downWasLogged = true;
      LOG.warn("The store is away: {}", why);
    }
    while (!waiting.isEmpty()) {
      Waiting w = waiting.remove();
      Consumer<Throwable> fail = w.fail;
      if (fail != null) {
        w.fail = null;
        inFlight -= w.commands;
        fail.accept(Problem.STORE_UNAVAILABLE.because("The connection to the store was lost"));
      }
    }
    if (wasUp) {
      listeners.forEach(l -> l.accept(false));
    }
    if (!closed) {
      long delay = backoffMillis;
      backoffMillis = Math.min(BACKOFF_MAX_MILLIS, backoffMillis * 2);
      vertx.setTimer(delay, ignored -> run(this::connect));
    } else {
      firstUp.tryFail(Problem.STORE_UNAVAILABLE.because("The link was closed"));
    }
  }
}

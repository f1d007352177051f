package dev.hongyan.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client of one tenant: one connection that mends itself, its subscriptions, publishes and
 * replies. Safe for use by many threads. Its threads are daemons.
 */
public final class HongyanClient implements AutoCloseable {
  private static final int SUBSCRIPTIONS_MAX = 100;
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

  private final Loop loop;
  private final DoubleSupplier random;
  private final Supplier<CompletionStage<String>> token;
  private final Consumer<ClientEvent> listener;
  private final Executor workers;
  private final @Nullable ExecutorService ownWorkers;
  private final HttpClient http;
  private final URI ping;
  private final Lifeline lifeline;
  private final Outbox outbox;
  private final Replies replies;
  private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
  private final Set<String> forgotten = new LinkedHashSet<>();
  private final Wiring wiring = new Wiring();
  private volatile boolean closed;

  private HongyanClient(Builder builder, Loop loop) {
    this.loop = loop;
    this.random = builder.random;
    this.token = builder.token;
    this.listener = builder.listener;
    this.http = builder.http == null ? HttpClient.newHttpClient() : builder.http;
    if (builder.workers == null) {
      ExecutorService own = Executors.newCachedThreadPool(HongyanClient::worker);
      this.ownWorkers = own;
      this.workers = own;
    } else {
      this.ownWorkers = null;
      this.workers = builder.workers;
    }
    this.ping = builder.ping == null ? ping(builder.uri) : builder.ping;
    this.outbox = new Outbox(loop, builder.serials, builder.queueMessages, builder.queueBytes);
    this.replies = new Replies(loop);
    Connection.Setup setup = new Connection.Setup(loop, builder.uri, builder.client, token, http);
    this.lifeline = new Lifeline(setup, random, this::probe, wiring);
  }

  /** Starts with the address, such as {@code wss://host/ws/v1}. */
  public static Builder builder(URI uri) {
    return new Builder(uri);
  }

  public State state() {
    return lifeline.state();
  }

  /** Publishes that are not confirmed. */
  public int unpublished() {
    return outbox.size();
  }

  /** Starts; also after a close code that ended it. Does nothing when it runs. */
  @CanIgnoreReturnValue
  public HongyanClient connect() {
    loop.execute(
        () -> {
          if (!closed) {
            lifeline.start();
          }
        });
    return this;
  }

  /**
   * Subscribes now or as soon as there is a connection. Completing the handler's stage acks.
   *
   * @throws ClientException {@code already-subscribed}, {@code too-many-subscriptions} (100),
   *     {@code closed}
   */
  @CanIgnoreReturnValue
  public Subscription subscribe(SubscribeOptions options, MessageHandler handler) {
    if (closed) {
      throw ClientException.closed("the client was closed", 0);
    }
    Subscription subscription = new Subscription(wiring, options, handler);
    synchronized (subscriptions) {
      if (subscriptions.size() >= SUBSCRIPTIONS_MAX) {
        throw new ClientException(
            "too-many-subscriptions", "at most " + SUBSCRIPTIONS_MAX + " on one client");
      }
      if (subscriptions.putIfAbsent(options.name, subscription) != null) {
        throw new ClientException("already-subscribed", options.name + " is subscribed already");
      }
    }
    loop.execute(
        () -> {
          forgotten.remove(options.name);
          attach(subscription);
        });
    return subscription;
  }

  /**
   * Completes when the server has it in its log. Waits in a bounded queue while there is no
   * connection; fails with {@link QueueFullException} when that is full.
   */
  public CompletableFuture<Published> publish(Publish publish) {
    if (closed) {
      return CompletableFuture.failedFuture(ClientException.closed("the client was closed", 0));
    }
    return outbox.offer(publish);
  }

  /**
   * Answers a WeChat message by its event id; completes with {@code passive}, {@code
   * customer-service} or {@code too-late}. Never sent twice: fails with {@code unknown-outcome}
   * after a cut.
   */
  public CompletableFuture<String> reply(String id, Map<String, ?> message) {
    CompletableFuture<String> result = new CompletableFuture<>();
    if (closed) {
      result.completeExceptionally(ClientException.closed("the client was closed", 0));
    } else {
      loop.execute(() -> replies.send(lifeline.connection(), id, message, result));
      if (closed) { // meanwhile: the loop may have dropped it
        result.completeExceptionally(ClientException.closed("the client was closed", 0));
      }
    }
    return result;
  }

  /** Says now what is done and not yet said; also done on {@link #close} and {@code goaway}. */
  public void flush() {
    loop.execute(() -> all().forEach(Subscription::flushAcks));
  }

  /** Ends for good: durable names keep their cursor, publishes that wait fail. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    loop.execute(
        () -> {
          ClientException error = ClientException.closed("the client was closed", 0);
          all().forEach(subscription -> subscription.abandon(error));
          lifeline.stop(0, "", null);
          outbox.shut(error);
          if (ownWorkers != null) {
            ownWorkers.shutdown();
          }
          loop.close();
        });
  }

  private static Thread worker(Runnable task) {
    Thread thread = new Thread(task, "hongyan-handler");
    thread.setDaemon(true);
    return thread;
  }

  private static URI ping(URI uri) {
    String scheme = "wss".equals(uri.getScheme()) ? "https" : "http";
    return URI.create(scheme + "://" + uri.getRawAuthority() + "/ping");
  }

  private CompletionStage<Boolean> probe() {
    HttpRequest request = HttpRequest.newBuilder(ping).timeout(PROBE_TIMEOUT).GET().build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
        .thenApply(response -> response.statusCode() < 500);
  }

  private List<Subscription> all() {
    synchronized (subscriptions) {
      return new ArrayList<>(subscriptions.values());
    }
  }

  private @Nullable Subscription find(@Nullable Object name) {
    synchronized (subscriptions) {
      return name instanceof String ? subscriptions.get(name) : null;
    }
  }

  private void attach(Subscription subscription) {
    Connection connection = lifeline.connection();
    if (connection != null
        && !subscription.attachedTo(connection)
        && !subscription.parked()
        && !subscription.ended()) {
      connection.send(Ops.subscribe(subscription.attach(connection)));
    }
  }

  /** What the parts say to each other; all on the loop. */
  private final class Wiring implements Lifeline.Owner, SubscriptionHost {
    @Override
    public Loop loop() {
      return loop;
    }

    @Override
    public DoubleSupplier random() {
      return random;
    }

    @Override
    public Executor workers() {
      return workers;
    }

    @Override
    public void emit(ClientEvent event) {
      try {
        listener.accept(event);
      } catch (RuntimeException e) {
        // A bug of the listener must not harm the connection, but must be seen.
        Thread current = Thread.currentThread();
        current.getUncaughtExceptionHandler().uncaughtException(current, e);
      }
    }

    @Override
    public List<Map<String, Object>> subscriptions(Connection connection) {
      return all().stream()
          .filter(subscription -> !subscription.parked() && !subscription.ended())
          .map(subscription -> subscription.attach(connection))
          .toList();
    }

    @Override
    public void opened(Connection connection) {
      all().forEach(HongyanClient.this::attach);
      forgotten.forEach(name -> connection.send(Ops.unsubscribe(name, true)));
      forgotten.clear();
      outbox.attach(connection);
      settled();
    }

    /** When every subscription has arrived on the newest connection, the one before may go. */
    @Override
    public void settled() {
      Connection connection = lifeline.connection();
      if (connection != null && all().stream().noneMatch(each -> each.pendingOn(connection))) {
        lifeline.settled(connection);
      }
    }

    @Override
    public void gone(Connection connection) {
      all().forEach(subscription -> subscription.detach(connection));
      outbox.detach(connection);
      replies.lost(connection);
    }

    @Override
    public void entered(ClientEvent.StateChanged change) {
      emit(change);
      if (change.error() != null) {
        outbox.fail(change.error());
      }
    }

    @Override
    public void failed(ClientException error) {
      emit(new ClientEvent.Failed(error));
    }

    @Override
    public void wanted(Subscription subscription) {
      attach(subscription);
    }

    @Override
    public void ended(Subscription subscription, boolean forgetLater) {
      synchronized (subscriptions) {
        subscriptions.remove(subscription.name(), subscription);
      }
      Connection connection = lifeline.connection();
      if (forgetLater && connection != null) {
        connection.send(Ops.unsubscribe(subscription.name(), true));
      } else if (forgetLater && forgotten.size() < SUBSCRIPTIONS_MAX) {
        forgotten.add(subscription.name());
      }
      settled();
    }

    @Override
    public void received(
        Connection connection, Map<String, Object> op, List<WireMessage> messages) {
      Subscription subscription = find(op.get("sub"));
      switch (Json.string(op, "op", "")) {
        case "deliver" -> {
          if (subscription != null) {
            subscription.onDeliver(
                op.get("prev") instanceof String prev ? prev : null, messages, connection);
          }
        }
        case "subscribed" -> {
          if (subscription != null) {
            subscription.onSubscribed(op, connection);
          }
        }
        case "gap" -> {
          if (subscription != null) {
            subscription.onGap(op, connection);
          }
        }
        case "published" -> outbox.published(op);
        case "replied" -> replies.replied(op);
        case "beat" -> beat(connection, op);
        case "expiring" -> {
          long within = Json.number(op, "inMs", 60_000);
          new TokenRenewal(loop, token, connection, within, random, this::failed).start();
        }
        case "goaway" -> {
          long after = Json.number(op, "afterMs", 0);
          long within = Json.number(op, "withinMs", 0);
          all().forEach(Subscription::flushAcks);
          emit(new ClientEvent.GoAway(Json.string(op, "reason", ""), after, within));
          lifeline.move(connection, after);
        }
        case "error" -> error(connection, op, subscription);
        default -> {} // a newer server may say more than we know
      }
    }

    private void beat(Connection connection, Map<String, Object> op) {
      boolean doubtful = false;
      for (Map.Entry<String, Object> head : Json.map(op, "heads").entrySet()) {
        Subscription subscription = find(head.getKey());
        if (subscription != null && head.getValue() instanceof String cursor) {
          doubtful |= subscription.onHead(cursor, connection);
        }
      }
      long trip = loop.wallMillis() - Json.number(op, "t", loop.wallMillis());
      emit(new ClientEvent.Beat(trip, Json.number(op, "n", 0), Json.map(op, "behind")));
      if (doubtful) {
        connection.beat();
      }
    }

    private void error(
        Connection connection, Map<String, Object> op, @Nullable Subscription subscription) {
      if (outbox.refused(op)) {
        return;
      }
      if (subscription != null) {
        subscription.onError(op, connection);
      } else if (!replies.refused(op, connection)) {
        failed(ClientException.of(op));
      }
    }
  }

  /** How a client is made. */
  public static final class Builder {
    private final URI uri;
    private String client = "java-" + UUID.randomUUID();
    private Supplier<CompletionStage<String>> token = () -> CompletableFuture.completedFuture("");
    private Consumer<ClientEvent> listener = event -> {};
    private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    private int queueMessages = 1_000;
    private long queueBytes = 8 * 1024 * 1024;
    private @Nullable SerialStore serials;
    private @Nullable Executor workers;
    private @Nullable HttpClient http;
    private @Nullable URI ping;
    private @Nullable Loop loop;

    private Builder(URI uri) {
      this.uri = uri;
    }

    /** Stable id of this client; random by default. Keep it together with {@link #serials}. */
    @CanIgnoreReturnValue
    public Builder client(String id) {
      this.client = id;
      return this;
    }

    /** Gets a JWT: for each connection, and before the old one expires. Must not block. */
    @CanIgnoreReturnValue
    public Builder token(Supplier<CompletionStage<String>> token) {
      this.token = token;
      return this;
    }

    /** Told everything that happens, on the client's thread: be quick. */
    @CanIgnoreReturnValue
    public Builder onEvent(Consumer<ClientEvent> listener) {
      this.listener = listener;
      return this;
    }

    /** Keeps publish serials over restarts; without one they start at the time. */
    @CanIgnoreReturnValue
    public Builder serials(SerialStore store) {
      this.serials = store;
      return this;
    }

    /** Publishes that may wait: 1,000 and 8 MiB by default. */
    @CanIgnoreReturnValue
    public Builder queue(int messages, long bytes) {
      this.queueMessages = messages;
      this.queueBytes = bytes;
      return this;
    }

    /** Where handlers run; a cached pool of daemon threads by default. */
    @CanIgnoreReturnValue
    public Builder executor(Executor workers) {
      this.workers = workers;
      return this;
    }

    /** The HTTP client to use, for proxies and TLS of your own. */
    @CanIgnoreReturnValue
    public Builder http(HttpClient http) {
      this.http = http;
      return this;
    }

    /** Where to ask whether the way is open; {@code /ping} on the same host by default. */
    @CanIgnoreReturnValue
    public Builder ping(URI ping) {
      this.ping = ping;
      return this;
    }

    @CanIgnoreReturnValue
    Builder time(Loop loop, DoubleSupplier random) {
      this.loop = loop;
      this.random = random;
      return this;
    }

    /** A client that is not connected yet. */
    public HongyanClient build() {
      return new HongyanClient(this, loop == null ? Loop.threaded("hongyan-client") : loop);
    }

    /** A client that is on its way to be connected. */
    public HongyanClient connect() {
      return build().connect();
    }
  }
}

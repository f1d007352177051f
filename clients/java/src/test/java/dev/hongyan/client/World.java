package dev.hongyan.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A fake server, a loop whose time stands still, and a client between them. */
final class World implements AutoCloseable {
  final FakeServer server;
  final ManualLoop loop = new ManualLoop();
  final Mailbox<ClientEvent> events = new Mailbox<>();
  final Work work = new Work();
  final HongyanClient client;
  volatile double dice = 0.5;
  FakeServer.Session session;

  World() {
    this(builder -> {});
  }

  World(Consumer<HongyanClient.Builder> more) {
    try {
      server = new FakeServer();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    HongyanClient.Builder builder =
        HongyanClient.builder(server.uri())
            .client("pos-7")
            .onEvent(events::put)
            .time(loop, () -> dice);
    more.accept(builder);
    client = builder.build();
  }

  static World open() {
    return new World().opened();
  }

  @CanIgnoreReturnValue
  World opened() {
    client.connect();
    session = server.greeted();
    state(State.OPEN);
    return this;
  }

  /** An open world with the subscription {@code s}, accepted at {@code e:0}. */
  static World subscribed(SubscribeOptions options) {
    World world = open();
    world.client.subscribe(options, world.work);
    world.session.take("subscribe");
    world.session.subscribed("s", "e:0", "new");
    world.event(ClientEvent.Subscribed.class);
    return world;
  }

  @CanIgnoreReturnValue
  <E extends ClientEvent> E event(Class<E> kind) {
    return kind.cast(events.take(kind::isInstance));
  }

  boolean had(Class<? extends ClientEvent> kind) {
    return events.has(kind::isInstance);
  }

  @CanIgnoreReturnValue
  ClientEvent.StateChanged state(State state) {
    return (ClientEvent.StateChanged)
        events.take(it -> it instanceof ClientEvent.StateChanged change && change.state() == state);
  }

  /** Cuts the connection and gives the next one, greeted. */
  @CanIgnoreReturnValue
  FakeServer.Session cut() {
    session.drop();
    loop.advance(state(State.WAITING).delayMillis());
    session = server.greeted();
    state(State.OPEN);
    return session;
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }

  /** A handler under control of the test: each message waits until it is told how to end. */
  static final class Work implements MessageHandler {
    final List<String> seen = new CopyOnWriteArrayList<>();
    private final Mailbox<Call> calls = new Mailbox<>();

    record Call(Message message, CompletableFuture<Void> end) {
      void done() {
        end.complete(null);
      }

      void fail(String why) {
        end.completeExceptionally(new IllegalStateException(why));
      }
    }

    @Override
    public CompletableFuture<Void> handle(Message message) {
      CompletableFuture<Void> end = new CompletableFuture<>();
      seen.add(message.cursor());
      calls.put(new Call(message, end));
      return end;
    }

    @CanIgnoreReturnValue
    Call next() {
      return calls.take();
    }

    @CanIgnoreReturnValue
    Call next(String cursor) {
      return calls.pick(call -> call.message().cursor().equals(cursor));
    }
  }
}

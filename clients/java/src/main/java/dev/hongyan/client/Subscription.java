package dev.hongyan.client;

import dev.hongyan.client.SubscribeOptions.Mode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A cursor that walks the log, and the handler that walks with it. Survives connections: what is in
 * hand stays in hand, what comes again is recognised and not handled twice, and the place to go on
 * from is known. Public methods may be called from any thread.
 */
public final class Subscription {
  private static final long RARE_HOLE_MILLIS = 60_000;

  private final SubscriptionHost host;
  private final Loop loop;
  private final SubscribeOptions options;
  private final Mode mode;
  private final MessageHandler handler;
  private final CompletableFuture<ClientEvent.Subscribed> ready = new CompletableFuture<>();
  private final Map<Connection, Attachment> attachments = new LinkedHashMap<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private final Recent recent;
  private final int limit;
  private final Attachment.AckPace pace;
  private final Later later;
  private final Backoff holes;
  private @Nullable Attachment newest;
  private @Nullable String received;
  private volatile @Nullable String kept;
  private volatile boolean ended;
  private int running;
  private boolean sought;
  private boolean parked;
  private long lastHole = -RARE_HOLE_MILLIS;

  Subscription(SubscriptionHost host, SubscribeOptions options, MessageHandler handler) {
    this.host = host;
    this.loop = host.loop();
    this.options = options;
    this.mode = options.mode;
    this.handler = handler;
    this.limit = 4 * options.window;
    this.pace = options.ackPace();
    this.later = new Later(loop);
    this.recent = new Recent(Math.max(1_024, limit));
    this.holes = new Backoff(host.random());
    if (mode == Mode.LIVE) {
      received = options.cursor;
      kept = options.cursor;
    }
  }

  public String name() {
    return options.name;
  }

  /** Live: everything up to here is handled; null when not known yet. */
  public @Nullable String cursor() {
    return kept;
  }

  /** True after {@link #unsubscribe}, a refusal for good, or a failure under {@code STOP}. */
  public boolean ended() {
    return ended;
  }

  /** Completes with the server's first answer, fails when it refuses for good. */
  public CompletableFuture<ClientEvent.Subscribed> ready() {
    return ready.copy();
  }

  /** Ends it; {@code forget} also deletes the cursor of a durable or shared name. */
  public void unsubscribe(boolean forget) {
    loop.execute(() -> end(forget, ClientException.closed("unsubscribed", 0)));
  }

  /** Durable: says now what is done, instead of a little later together with what follows. */
  public void flush() {
    loop.execute(this::flushAcks);
  }

  // Connections

  void flushAcks() {
    attachments.values().forEach(Attachment::flush);
  }

  boolean parked() {
    return parked;
  }

  boolean attachedTo(Connection connection) {
    return attachments.containsKey(connection);
  }

  boolean pendingOn(Connection connection) {
    Attachment attachment = attachments.get(connection);
    return attachment != null && attachment.pending();
  }

  /** The request that attaches us to this connection. */
  Map<String, Object> attach(Connection connection) {
    flushAcks(); // the server should know what is done before it starts anew
    Attachment attachment = new Attachment(loop, connection, name(), pace);
    attachments.put(connection, attachment);
    newest = attachment;
    return request();
  }

  void detach(Connection connection) {
    Attachment gone = attachments.remove(connection);
    if (gone != null) {
      gone.flush(); // and no timer of it is left
    }
    if (newest != null && newest.connection() == connection) {
      newest = null;
      attachments.values().forEach(left -> newest = left);
    }
  }

  private Map<String, Object> request() {
    return options.request(mode == Mode.LIVE ? received : options.cursor, options.seek && !sought);
  }

  // What the server says

  void onSubscribed(Map<String, Object> op, Connection connection) {
    Attachment attachment = attachments.get(connection);
    if (attachment == null) {
      return;
    }
    String cursor = Json.string(op, "cursor", "");
    String verdict = Json.string(op, "verdict", "");
    boolean broken = verdict.equals("gap") || verdict.equals("reset");
    attachment.started(cursor);
    sought = true;
    if (mode == Mode.LIVE && (received == null || broken)) {
      received = cursor;
    }
    if (mode == Mode.LIVE && entries.isEmpty() && received != null) {
      keep(received);
    }
    ClientEvent.Subscribed subscribed =
        new ClientEvent.Subscribed(name(), verdict, cursor, Json.string(op, "head", ""));
    host.emit(subscribed);
    if (broken) {
      gap(verdict, Json.map(op, "gap"));
    }
    ready.complete(subscribed);
    host.settled();
  }

  void onGap(Map<String, Object> op, Connection connection) {
    Attachment attachment = attachments.get(connection);
    if (attachment != null) {
      attachment.gap(Json.string(op, "to", ""));
    }
    gap("gap", op);
  }

  private void gap(String verdict, Map<String, Object> gap) {
    host.emit(
        new ClientEvent.Gap(
            name(),
            verdict,
            Json.string(gap, "from", ""),
            Json.string(gap, "to", ""),
            Json.string(gap, "reason", "")));
  }

  void onDeliver(@Nullable String prev, List<WireMessage> messages, Connection connection) {
    Attachment attachment = attachments.get(connection);
    if (attachment == null || attachment.pending() || ended) {
      return;
    }
    // The newer connection resumed behind this one, so it brings the same again. Shared work is not
    // the same.
    boolean superseded = attachment != newest && newest != null && !newest.pending();
    if (superseded && mode != Mode.SHARED) {
      return;
    }
    if (mode != Mode.SHARED && !attachment.continues(prev)) {
      resubscribe(attachment, String.valueOf(prev));
      return;
    }
    for (WireMessage message : messages) {
      if (entries.size() >= limit && isNew(message.cursor())) {
        if (mode != Mode.SHARED) {
          park();
          return;
        }
        attachment.nack(message.cursor(), 1_000);
        continue;
      }
      attachment.delivered(message.cursor());
      accept(message, attachment);
    }
    attachment.gap(null);
    pump();
  }

  /** Returns true when another beat should be sent at once. */
  boolean onHead(String head, Connection connection) {
    Attachment attachment = attachments.get(connection);
    if (attachment == null || attachment.pending() || attachment != newest || mode == Mode.SHARED) {
      return false;
    }
    return switch (attachment.compare(head)) {
      case NONE -> false;
      case ASK_AGAIN -> true;
      case MISSED -> {
        resubscribe(attachment, head);
        yield false;
      }
    };
  }

  void onError(Map<String, Object> op, Connection connection) {
    ClientException error = ClientException.of(op);
    host.emit(new ClientEvent.Failed(error));
    Attachment attachment = attachments.get(connection);
    if (attachment == null) {
      return;
    }
    if (attachment.pending() && error.retry() == ClientException.Retry.NEVER) {
      detachAll(null);
      end(false, error);
    } else if (attachment.pending() || error.code().equals("no-such-subscription")) {
      attachment.asking();
      later.run(Json.number(op, "retryAfterMs", holes.nextMillis()), () -> ask(attachment));
    }
  }

  // Messages

  private boolean isNew(String cursor) {
    return !entries.containsKey(cursor) && recent.get(cursor) == null;
  }

  private void accept(WireMessage wire, Attachment attachment) {
    String cursor = wire.cursor();
    Entry entry = entries.get(cursor);
    if (entry != null) {
      // In hand already; its outcome goes out on the connection that asked last.
      entry.attachment = attachment;
      if (entry.outcome != null) {
        tell(cursor, entry.outcome, attachment);
      }
      return;
    }
    Outcome outcome = recent.get(cursor);
    if (outcome != null) {
      tell(cursor, outcome, attachment);
      if (mode == Mode.DURABLE) {
        attachment.ackUpTo(cursor, wire.eventJson().length());
      }
      return;
    }
    Entry fresh = new Entry(message(wire), attachment);
    entries.put(cursor, fresh);
    waiting.add(fresh);
    if (mode == Mode.LIVE) {
      received = cursor;
    }
  }

  private Message message(WireMessage wire) {
    return Message.of(
        name(),
        wire,
        millis -> loop.execute(() -> extend(wire.cursor(), millis)),
        e ->
            host.emit(
                new ClientEvent.Failed(
                    new ClientException(
                        "bad-field", "deadline is no time", ClientException.Retry.NEVER, e))));
  }

  private void extend(String cursor, long millis) {
    Entry entry = entries.get(cursor);
    if (entry != null && mode == Mode.SHARED) {
      entry.attachment.extend(cursor, millis);
    }
  }

  private void pump() {
    while (running < options.concurrency && !waiting.isEmpty() && !ended) {
      running++;
      Entry entry = waiting.remove();
      run(entry, entry.message);
    }
  }

  private void run(Entry entry, Message message) {
    CompletableFuture.completedFuture(message)
        .thenComposeAsync(this::handle, host.workers())
        .whenCompleteAsync(
            (done, failure) -> {
              String term = message.termReason();
              if (term != null) {
                finish(entry, Outcome.term(term));
              } else if (failure == null) {
                finish(entry, Outcome.ACK);
              } else {
                failed(
                    entry,
                    message,
                    failure instanceof CompletionException e && e.getCause() != null
                        ? e.getCause()
                        : failure);
              }
            },
            loop);
  }

  private CompletionStage<?> handle(Message message) {
    try {
      CompletionStage<?> done = handler.handle(message);
      return done == null ? CompletableFuture.completedFuture(null) : done;
    } catch (Exception e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void failed(Entry entry, Message message, Throwable cause) {
    if (ended) {
      return;
    }
    String what = "handler of " + name() + " failed: " + cause.getMessage();
    host.emit(
        new ClientEvent.Failed(
            new ClientException("handler-failed", what, ClientException.Retry.NEVER, cause)));
    switch (options.onFailure) {
      case RETRY -> {
        Backoff retries = entry.retries == null ? new Backoff(host.random()) : entry.retries;
        entry.retries = retries;
        later.run(retries.nextMillis(), () -> run(entry, message.again()));
      }
      case STOP -> {
        String where = name() + " stopped at " + message.cursor();
        end(false, new ClientException("stopped", where, ClientException.Retry.NEVER, cause));
      }
      case TERM -> finish(entry, Outcome.term(String.valueOf(cause.getMessage())));
      case NACK -> finish(entry, Outcome.nack(options.nackDelay.toMillis()));
      case SKIP -> finish(entry, Outcome.ACK);
    }
  }

  private void finish(Entry entry, Outcome outcome) {
    if (ended) {
      return;
    }
    running--;
    entry.outcome = outcome;
    String cursor = entry.message.cursor();
    tell(cursor, outcome, entry.attachment);
    if (mode != Mode.SHARED) {
      advance();
    } else {
      entries.remove(cursor);
      if (outcome.kind() != Outcome.Kind.NACK) {
        recent.add(cursor, outcome);
      }
    }
    pump();
    if (parked && entries.size() <= limit / 2) {
      parked = false;
      host.wanted(this);
    }
  }

  private void tell(String cursor, Outcome outcome, Attachment attachment) {
    if (mode == Mode.LIVE) {
      return;
    }
    switch (outcome.kind()) {
      case TERM -> attachment.term(cursor, outcome.reason());
      case NACK -> attachment.nack(cursor, outcome.delayMillis());
      case ACK -> {
        if (mode == Mode.SHARED) {
          attachment.ackOne(cursor); // durable acks are cumulative
        }
      }
    }
  }

  /** Up to the lowest unfinished one, everything is done. */
  private void advance() {
    Entry done = null;
    for (Iterator<Entry> each = entries.values().iterator(); each.hasNext(); ) {
      Entry entry = each.next();
      if (entry.outcome == null) {
        break;
      }
      recent.add(entry.cursor(), entry.outcome);
      each.remove();
      done = entry;
      if (mode == Mode.DURABLE) {
        // On a dead connection nothing is said: it comes again, is recognised and acked then.
        entry.attachment.ackUpTo(entry.cursor(), entry.size());
      }
    }
    if (done != null && mode == Mode.LIVE) {
      keep(done.cursor());
    }
  }

  private void keep(String cursor) {
    if (cursor.equals(kept)) {
      return;
    }
    kept = cursor;
    try {
      options.onCursor.accept(cursor);
    } catch (RuntimeException e) {
      String what = "onCursor of " + name() + " failed: " + e.getMessage();
      host.emit(
          new ClientEvent.Failed(
              new ClientException("handler-failed", what, ClientException.Retry.NEVER, e)));
    }
  }

  // Going back, waiting, ending

  /** Something is missing: ask again from the last message we have. */
  private void resubscribe(Attachment attachment, String found) {
    attachment.flush();
    attachment.asking();
    host.emit(new ClientEvent.Hole(name(), attachment.last(), found));
    long now = loop.elapsedMillis();
    boolean rare = now - lastHole >= RARE_HOLE_MILLIS;
    lastHole = now;
    if (rare) {
      holes.reset();
      ask(attachment);
    } else {
      later.run(holes.nextMillis(), () -> ask(attachment));
    }
  }

  private void ask(Attachment attachment) {
    if (attachment == newest && attachment.connection().open()) {
      attachment.connection().send(Ops.unsubscribe(name(), false));
      attachment.connection().send(Ops.subscribe(request()));
    }
  }

  /** Too much in hand: leave, and come back when half of it is done. The log keeps the rest. */
  private void park() {
    parked = true;
    detachAll(Ops.unsubscribe(name(), false));
    pump();
  }

  private void detachAll(@Nullable Map<String, Object> farewell) {
    for (Attachment attachment : new ArrayList<>(attachments.values())) {
      attachment.flush();
      if (farewell != null && attachment.connection().open()) {
        attachment.connection().send(farewell);
      }
    }
    attachments.clear();
  }

  /** The client is closed: acks go out, farewells need not. */
  void abandon(ClientException error) {
    detachAll(null);
    end(false, error);
  }

  private void end(boolean forget, ClientException error) {
    if (ended) {
      return;
    }
    ended = true;
    later.cancel();
    boolean attached = !attachments.isEmpty();
    detachAll(Ops.unsubscribe(name(), forget));
    waiting.clear();
    entries.clear();
    ready.completeExceptionally(error);
    host.emit(new ClientEvent.Ended(name(), error));
    host.ended(this, forget && !attached);
  }
}

package dev.hongyan.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Publishes that wait for a connection or for the server's word. Bounded in number and bytes.
 * {@link #offer} may be called from any thread, everything else lives on the loop.
 */
final class Outbox {
  private static final int BLOCK = 100;
  private static final int IN_FLIGHT = 256;
  private static final long RETRY_MILLIS = 1_000;
  private static final int FRAME_MAX = 65_536;

  private static final class Entry {
    final String body;
    final int bytes;
    final CompletableFuture<Published> result = new CompletableFuture<>();
    boolean due = true;

    Entry(String body) {
      this.body = body;
      this.bytes = Connection.bytes(body);
    }
  }

  private final Loop loop;
  private final @Nullable SerialStore store;
  private final int messagesMax;
  private final long bytesMax;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private final Map<Long, Entry> sent = new LinkedHashMap<>();
  private @Nullable Connection connection;
  private boolean paused;
  private Loop.Timer pause = Loop.Timer.NONE;
  private long nextSerial;
  private long endOfBlock;
  private volatile @Nullable ClientException shut;
  // Reserved by callers before they reach the loop, so that the way there is bounded too.
  private int messages;
  private long bytes;

  Outbox(Loop loop, @Nullable SerialStore store, int messagesMax, long bytesMax) {
    this.loop = loop;
    this.store = store;
    this.messagesMax = messagesMax;
    this.bytesMax = bytesMax;
    if (store == null) {
      // A new process with the same client id repeats no serial of the one before it.
      nextSerial = loop.wallMillis() * 1_000;
      endOfBlock = Long.MAX_VALUE;
    }
  }

  synchronized int size() {
    return messages;
  }

  CompletableFuture<Published> offer(Publish publish) {
    Entry entry = new Entry(body(publish));
    if (entry.bytes + 64 > FRAME_MAX) {
      return CompletableFuture.failedFuture(
          new ClientException("too-large", "a publish of " + entry.bytes + " bytes fits no frame"));
    }
    synchronized (this) {
      if (messages >= messagesMax || bytes + entry.bytes > bytesMax) {
        return CompletableFuture.failedFuture(
            new QueueFullException(messages + " publishes of " + bytes + " bytes are waiting"));
      }
      messages++;
      bytes += entry.bytes;
    }
    loop.execute(
        () -> {
          waiting.add(entry);
          pump();
        });
    ClientException meanwhile = shut;
    if (meanwhile != null) { // the loop may have dropped it
      entry.result.completeExceptionally(meanwhile);
    }
    return entry.result.copy();
  }

  private static String body(Publish publish) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("topic", publish.topic());
    if (publish.subject() != null) {
      body.put("subject", publish.subject());
    }
    if (publish.delay() != null) {
      body.put("delayMs", publish.delay().toMillis());
    }
    if (publish.ttl() != null) {
      body.put("ttlMs", publish.ttl().toMillis());
    }
    String fields = Json.write(body);
    return fields.substring(0, fields.length() - 1)
        + ",\"data\":"
        + Json.write(publish.data())
        + "}";
  }

  /** A connection is open: what was never confirmed goes again, under the serial it had. */
  void attach(Connection connection) {
    this.connection = connection;
    unpause();
    sent.values().forEach(entry -> entry.due = true);
    pump();
  }

  void detach(Connection connection) {
    if (this.connection == connection) {
      this.connection = null;
    }
  }

  void published(Map<String, Object> op) {
    Entry entry = sent.remove(Json.number(op, "serial", -1));
    if (entry != null) {
      release(entry);
      entry.result.complete(
          new Published(
              Json.string(op, "id", ""),
              Json.string(op, "cursor", ""),
              Boolean.TRUE.equals(op.get("duplicate"))));
      pump();
    }
  }

  /** Returns true when the error was about one of ours. */
  boolean refused(Map<String, Object> op) {
    long serial = Json.number(op, "serial", -1);
    Entry entry = sent.get(serial);
    if (entry == null) {
      return false;
    }
    ClientException error = ClientException.of(op);
    if (error.retry() == ClientException.Retry.NEVER) {
      sent.remove(serial);
      release(entry);
      entry.result.completeExceptionally(error);
      pump();
    } else {
      entry.due = true;
      paused = true;
      pause.cancel();
      pause =
          loop.after(
              Json.number(op, "retryAfterMs", RETRY_MILLIS),
              () -> {
                paused = false;
                pump();
              });
    }
    return true;
  }

  /** For good: what is offered from now on fails too. */
  void shut(ClientException error) {
    shut = error;
    fail(error);
  }

  /** Nothing of this will be sent any more. */
  void fail(ClientException error) {
    unpause();
    connection = null;
    List<Entry> all = new ArrayList<>(sent.values());
    all.addAll(waiting);
    sent.clear();
    waiting.clear();
    for (Entry entry : all) {
      release(entry);
      entry.result.completeExceptionally(error);
    }
  }

  private void unpause() {
    paused = false;
    pause.cancel();
  }

  private synchronized void release(Entry entry) {
    messages--;
    bytes -= entry.bytes;
  }

  private void pump() {
    Connection to = connection;
    if (to == null || paused) {
      return;
    }
    sent.forEach((serial, entry) -> send(to, serial, entry));
    while (!waiting.isEmpty() && sent.size() < IN_FLIGHT) {
      Entry entry = waiting.remove();
      try {
        long serial = nextSerial();
        sent.put(serial, entry);
        send(to, serial, entry);
      } catch (RuntimeException e) {
        release(entry);
        entry.result.completeExceptionally(
            new ClientException(
                "serial-store-failed",
                "could not keep the serial: " + e.getMessage(),
                ClientException.Retry.LATER,
                e));
      }
    }
  }

  /** In blocks, so that a crash skips some and repeats none. */
  private long nextSerial() {
    if (nextSerial >= endOfBlock && store != null) {
      long from = nextSerial == 0 ? Math.max(1, store.load()) : nextSerial;
      store.save(from + BLOCK);
      nextSerial = from;
      endOfBlock = from + BLOCK;
    }
    return nextSerial++;
  }

  private static void send(Connection to, long serial, Entry entry) {
    if (entry.due) {
      entry.due = false;
      to.sendLine("{\"op\":\"publish\",\"serial\":" + serial + "," + entry.body.substring(1));
    }
  }
}

package dev.hongyan.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What to subscribe to and how. Not to be changed after {@code subscribe}. */
public final class SubscribeOptions {
  private static final long WINDOW_BYTES = 1 << 20;

  final String name;
  final Mode mode;
  final List<String> topics;
  @Nullable String cursor;
  boolean seek;
  int window = 256;
  @Nullable Long windowBytes;
  @Nullable Duration ackTimeout;
  int concurrency;
  OnFailure onFailure;
  Duration nackDelay = Duration.ofSeconds(1);
  Duration ackEvery = Duration.ofMillis(200);
  Consumer<String> onCursor = cursor -> {};

  enum Mode {
    LIVE,
    DURABLE,
    SHARED
  }

  /** What a failed handler means. */
  public enum OnFailure {
    /** Live (default): told, and on to the next. */
    SKIP,
    /** Live, durable (default): the same again here, with backoff; those behind it wait. */
    RETRY,
    /** Live, durable: the subscription ends before this message. */
    STOP,
    /** Durable, shared: to dead letters. */
    TERM,
    /** Shared (default): back to the server, for anyone, after the nack delay. */
    NACK
  }

  private SubscribeOptions(String name, Mode mode, List<String> topics, OnFailure onFailure) {
    if (name.isEmpty() || topics.isEmpty()) {
      throw new IllegalArgumentException("a subscription needs a name and topics");
    }
    this.name = name;
    this.mode = mode;
    this.topics = topics;
    this.onFailure = onFailure;
    this.concurrency = mode == Mode.SHARED ? 16 : 1;
  }

  /** Every live subscriber sees every message; the cursor is ours, see {@link #onCursor}. */
  public static SubscribeOptions live(String name, String... topics) {
    return new SubscribeOptions(name, Mode.LIVE, List.of(topics), OnFailure.SKIP);
  }

  /** The newest connection of that name; the server keeps the cursor, moved by acks. */
  public static SubscribeOptions durable(String name, String... topics) {
    return new SubscribeOptions(name, Mode.DURABLE, List.of(topics), OnFailure.RETRY);
  }

  /** A work queue: one of the connections of that name, in order per subject. */
  public static SubscribeOptions shared(String name, String... topics) {
    return new SubscribeOptions(name, Mode.SHARED, List.of(topics), OnFailure.NACK);
  }

  /** Where to start: a cursor, {@code first} or {@code now}. A known name ignores it. */
  @CanIgnoreReturnValue
  public SubscribeOptions from(String cursor) {
    this.cursor = cursor;
    return this;
  }

  /** Durable, shared: once, at the first attach, move the known cursor there. */
  @CanIgnoreReturnValue
  public SubscribeOptions seek(String cursor) {
    this.seek = mode != Mode.LIVE;
    return from(cursor);
  }

  /** Messages in hand at most, 256 by default. */
  @CanIgnoreReturnValue
  public SubscribeOptions window(int messages) {
    if (messages < 1) {
      throw new IllegalArgumentException("window must be at least 1, not " + messages);
    }
    this.window = messages;
    return this;
  }

  /** Bytes in hand at most, 1 MiB by default. */
  @CanIgnoreReturnValue
  public SubscribeOptions windowBytes(long bytes) {
    this.windowBytes = bytes;
    return this;
  }

  /** Shared: how long the server waits for an ack, 30 s by default. */
  @CanIgnoreReturnValue
  public SubscribeOptions ackTimeout(Duration timeout) {
    this.ackTimeout = timeout;
    return this;
  }

  /** Handlers at a time: 1 by default (in order), 16 when shared. */
  @CanIgnoreReturnValue
  public SubscribeOptions concurrency(int handlers) {
    if (handlers < 1) {
      throw new IllegalArgumentException("concurrency must be at least 1, not " + handlers);
    }
    this.concurrency = handlers;
    return this;
  }

  @CanIgnoreReturnValue
  public SubscribeOptions onFailure(OnFailure rule) {
    boolean fits =
        switch (rule) {
          case SKIP -> mode == Mode.LIVE;
          case RETRY, STOP -> mode != Mode.SHARED;
          case TERM -> mode != Mode.LIVE;
          case NACK -> mode == Mode.SHARED;
        };
    if (!fits) {
      throw new IllegalArgumentException(rule + " is no rule of " + mode);
    }
    this.onFailure = rule;
    return this;
  }

  /** Shared: how long a message given back should wait, 1 s by default. */
  @CanIgnoreReturnValue
  public SubscribeOptions nackDelay(Duration delay) {
    this.nackDelay = delay;
    return this;
  }

  /**
   * Durable: at most one ack in so long, unless a quarter of the window waits for it; 200 ms by
   * default, zero for one each turn. What was done and not said comes again after a crash of this
   * process.
   */
  @CanIgnoreReturnValue
  public SubscribeOptions ackEvery(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("ackEvery must not be negative, but is " + time);
    }
    this.ackEvery = time;
    return this;
  }

  /** Live: told the cursor up to which everything is handled, on the client's thread. */
  @CanIgnoreReturnValue
  public SubscribeOptions onCursor(Consumer<String> store) {
    this.onCursor = store;
    return this;
  }

  /** A quarter, so that the server never stands still for want of an ack that waits here. */
  Attachment.AckPace ackPace() {
    long bytes = windowBytes == null ? WINDOW_BYTES : windowBytes;
    return new Attachment.AckPace(ackEvery.toMillis(), Math.max(1, window / 4), bytes / 4);
  }

  /** The fields of a {@code subscribe}. */
  Map<String, Object> request(@Nullable String from, boolean seek) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("sub", name);
    request.put("topics", topics);
    request.put("mode", mode.name().toLowerCase(java.util.Locale.ROOT));
    if (from != null) {
      request.put("cursor", from);
    }
    if (seek) {
      request.put("seek", true);
    }
    request.put("window", window);
    if (windowBytes != null) {
      request.put("windowBytes", windowBytes);
    }
    if (ackTimeout != null) {
      request.put("ackTimeoutMs", ackTimeout.toMillis());
    }
    return request;
  }
}

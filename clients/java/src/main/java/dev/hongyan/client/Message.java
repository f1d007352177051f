package dev.hongyan.client;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One message as a handler sees it. */
public final class Message {
  private final String subscription;
  private final String cursor;
  private final int attempt;
  private final @Nullable Instant deadline;
  private final CloudEvent event;
  private final LongConsumer extend;
  private volatile @Nullable String termReason;

  Message(
      String subscription,
      String cursor,
      int attempt,
      @Nullable Instant deadline,
      CloudEvent event,
      LongConsumer extend) {
    this.subscription = subscription;
    this.cursor = cursor;
    this.attempt = attempt;
    this.deadline = deadline;
    this.event = event;
    this.extend = extend;
  }

  /**
   * Makes one of what the server sent.
   *
   * @param extend told the milliseconds that a handler asks for
   * @param strange told of a deadline that is no time; the message then has none
   */
  static Message of(
      String subscription,
      WireMessage wire,
      LongConsumer extend,
      Consumer<DateTimeParseException> strange) {
    String given = Json.string(wire.fields(), "deadline", "");
    Instant deadline = null;
    try {
      deadline = given.isEmpty() ? null : Instant.parse(given);
    } catch (DateTimeParseException e) {
      strange.accept(e);
    }
    return new Message(
        subscription,
        wire.cursor(),
        (int) Json.number(wire.fields(), "attempt", 1),
        deadline,
        new CloudEvent(Json.map(wire.fields(), "event"), wire.eventJson()),
        extend);
  }

  /** The same at its next attempt here. */
  Message again() {
    return new Message(subscription, cursor, attempt + 1, deadline, event, extend);
  }

  public String subscription() {
    return subscription;
  }

  /** Opaque place in the log. */
  public String cursor() {
    return cursor;
  }

  /** 1, and more when it comes again. */
  public int attempt() {
    return attempt;
  }

  /** When it becomes useless, or null. */
  public @Nullable Instant deadline() {
    return deadline;
  }

  public CloudEvent event() {
    return event;
  }

  /** Shared only: still working, do not give it to another for so long. */
  public void extend(Duration time) {
    extend.accept(time.toMillis());
  }

  /** Durable and shared: beyond help; goes to dead letters when the handler ends. */
  public void term(String reason) {
    termReason = reason;
  }

  @Nullable String termReason() {
    return termReason;
  }
}

package dev.hongyan.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client tells its listener, on the client's own thread: be quick. */
public sealed interface ClientEvent {

  /**
   * @param delayMillis until the next attempt, for {@code WAITING} and {@code OFFLINE}
   * @param closeCode of the connection that ended, or zero
   * @param error why it is {@code CLOSED}, when it was not asked for
   */
  record StateChanged(
      State state, long delayMillis, int closeCode, String reason, @Nullable ClientException error)
      implements ClientEvent {}

  /** Something failed and life goes on. */
  record Failed(ClientException error) implements ClientEvent {}

  /**
   * @param verdict {@code new}, {@code resumed}, {@code gap} or {@code reset}
   */
  record Subscribed(String subscription, String verdict, String cursor, String head)
      implements ClientEvent {}

  /** Messages between the cursors are gone, or ({@code reset}) the log was replaced. */
  record Gap(String subscription, String verdict, String from, String to, String reason)
      implements ClientEvent {}

  /** A message was missing on the way; it is being asked for again. */
  record Hole(String subscription, String expected, String found) implements ClientEvent {}

  record GoAway(String reason, long afterMillis, long withinMillis) implements ClientEvent {}

  /**
   * @param behind log entries not yet read, by subscription
   */
  record Beat(long roundTripMillis, long n, Map<String, Object> behind) implements ClientEvent {}

  record Ended(String subscription, ClientException error) implements ClientEvent {}
}

package dev.hongyan.router.shared;

import dev.hongyan.router.topic.TopicPattern;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A connection as its queue sees it: what it takes, how much, and what it has. */
final class Member {
  private final MemberId id;
  private final Set<TopicPattern> topics;
  private final int windowMessages;
  private final long windowBytes;
  private final long ackTimeoutNanos;
  private final LinkedHashSet<Item> inFlight = new LinkedHashSet<>();
  private long bytes;

  /** Subjects that live here and have something to send; in the order in which they came. */
  final ArrayDeque<Lane> ready = new ArrayDeque<>();

  /** It let a message time out and has not been heard since: others are asked first. */
  boolean suspect;

  boolean attached;

  Member(
      MemberId id,
      Set<TopicPattern> topics,
      int windowMessages,
      long windowBytes,
      long ackTimeoutNanos) {
    this.id = id;
    this.topics = topics;
    this.windowMessages = windowMessages;
    this.windowBytes = windowBytes;
    this.ackTimeoutNanos = ackTimeoutNanos;
  }

  MemberId id() {
    return id;
  }

  Set<TopicPattern> topics() {
    return topics;
  }

  long ackTimeoutNanos() {
    return ackTimeoutNanos;
  }

  /** Whether a message of {@code size} bytes may go there; one always may when it has none. */
  boolean hasRoom(int size) {
    return inFlight.isEmpty() || (inFlight.size() < windowMessages && bytes + size <= windowBytes);
  }

  void took(Item item) {
    inFlight.add(item);
    bytes += item.size();
  }

  void gaveBack(Item item) {
    if (inFlight.remove(item)) {
      bytes -= item.size();
    }
  }

  int load() {
    return inFlight.size();
  }

  /** What it has, in the order in which it got it. */
  List<Item> inFlight() {
    return new ArrayList<>(inFlight);
  }
}

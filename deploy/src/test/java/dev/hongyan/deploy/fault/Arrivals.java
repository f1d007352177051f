package dev.hongyan.deploy.fault;

import dev.hongyan.simulator.push.PushNumber;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What came to one receiver of one tenant, with the rules it must keep: messages of a subject begin
 * in their order, none before those ahead of it were taken or given up, and each keeps its id.
 * Repeats are allowed and counted. Thread-safe.
 */
final class Arrivals {
  private static final int WRONGS_KEPT = 20;

  private final String receiver;
  private final Map<Long, String> ids = new HashMap<>();
  private final Map<Long, Integer> arrivals = new HashMap<>();
  private final Map<String, List<Long>> order = new HashMap<>();
  private final Set<Long> taken = new HashSet<>();
  private final Set<Long> doomed = new HashSet<>();
  private final List<String> wrongs = new ArrayList<>();
  private int repeats;

  Arrivals(String receiver) {
    this.receiver = receiver;
  }

  /** The number that was given to a message where it was made. */
  static long number(JsonObject event) {
    JsonObject data = event.getJsonObject("data");
    Long own = data.getLong("n");
    return own != null ? own : PushNumber.find(data).orElseThrow();
  }

  /**
   * A message arrives; gives how often it did before.
   *
   * @param isDoomed it will never be taken, and is no reason to wait
   */
  synchronized int arrived(String id, String subject, long number, boolean isDoomed) {
    int before = arrivals.merge(number, 1, Integer::sum) - 1;
    String known = ids.putIfAbsent(number, id);
    if (known != null && !known.equals(id)) {
      wrong(number + " came as " + known + " and as " + id);
    }
    if (before == 0) {
      List<Long> line = order.computeIfAbsent(subject, s -> new ArrayList<>());
      if (!line.isEmpty()) {
        long last = line.get(line.size() - 1);
        if (number < last) {
          wrong(number + " of " + subject + " came after " + last);
        } else if (!taken.contains(last) && !doomed.contains(last)) {
          wrong(number + " of " + subject + " came before " + last + " was taken");
        }
      }
      line.add(number);
      if (isDoomed) {
        doomed.add(number);
      }
    }
    return before;
  }

  /** A message is taken; gives whether for the first time. */
  synchronized boolean took(long number) {
    boolean first = taken.add(number);
    if (!first) {
      repeats++;
    }
    return first;
  }

  private void wrong(String what) {
    if (wrongs.size() < WRONGS_KEPT) {
      wrongs.add(receiver + ": " + what);
    }
  }

  synchronized Set<Long> taken() {
    return Set.copyOf(taken);
  }

  synchronized List<String> wrongs() {
    return List.copyOf(wrongs);
  }

  synchronized int repeats() {
    return repeats;
  }

  /** Requests with messages, repeats and failed attempts included. */
  synchronized long requests() {
    return arrivals.values().stream().mapToLong(n -> n).sum();
  }
}

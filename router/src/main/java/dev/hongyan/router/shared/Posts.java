package dev.hongyan.router.shared;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * Gathers what one tick has to tell to each of many, so that it leaves as one message for each. For
 * one event loop.
 *
 * @param <K> who is told
 * @param <T> what
 */
public final class Posts<K, T> {
  private final Executor endOfTick;
  private final BiConsumer<K, List<T>> send;
  private Map<K, List<T>> waiting = new LinkedHashMap<>();
  private boolean scheduled;

  /**
   * @param endOfTick runs a task after what this tick has still to do
   * @param send tells one of them; the list is not changed any more
   */
  public Posts(Executor endOfTick, BiConsumer<K, List<T>> send) {
    this.endOfTick = endOfTick;
    this.send = send;
  }

  public void post(K to, T what) {
    waiting.computeIfAbsent(to, k -> new ArrayList<>()).add(what);
    if (!scheduled) {
      scheduled = true;
      endOfTick.execute(this::flush);
    }
  }

  /** Sends what has gathered now. */
  public void flush() {
    scheduled = false;
    if (!waiting.isEmpty()) {
      Map<K, List<T>> round = waiting;
      waiting = new LinkedHashMap<>();
      round.forEach(send);
    }
  }
}

package dev.hongyan.observability.tracing;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where spans go. For the one thread that sends them. */
interface Collector {

  /**
   * Sends them, and waits for the answer.
   *
   * @return why they were not taken, in a few words without secrets; null when they were
   */
  @Nullable String take(List<Ended> spans);

  /** Ends all connections. */
  void close();
}

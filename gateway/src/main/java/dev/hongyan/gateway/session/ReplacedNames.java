package dev.hongyan.gateway.session;

import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Where hubs tell each other that a durable name was attached anew, so that the older connection is
 * closed at once. Only a hint: one that is missed is found out at the next save. Thread-safe.
 */
public final class ReplacedNames {
  private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Hears of a new generation, on any thread. */
  interface Listener {
    void replaced(String tenant, String name, long generation);
  }

  void join(Listener listener) {
    listeners.add(listener);
  }

  void leave(Listener listener) {
    listeners.remove(listener);
  }

  /** {@code name} belongs to {@code generation} now; older ones are to go. */
  public void tell(String tenant, String name, long generation) {
    for (Listener l : listeners) {
      l.replaced(tenant, name, generation);
    }
  }
}

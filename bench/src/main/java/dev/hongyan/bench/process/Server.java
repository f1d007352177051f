package dev.hongyan.bench.process;

import org.jspecify.annotations.Nullable;

/** A server under load, pinned. */
public interface Server extends AutoCloseable {
  /** How it is called in results. */
  String name();

  int port();

  /** A token that reads and publishes everything; empty for a server that asks for none. */
  String token();

  Proc process();

  /** Its store, where that is a process of its own. */
  @Nullable Proc store();

  default Jvm jvm() {
    return new Jvm(process().pid());
  }

  @Override
  void close();
}

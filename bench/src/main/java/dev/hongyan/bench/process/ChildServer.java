package dev.hongyan.bench.process;

import org.jspecify.annotations.Nullable;

/** A server of one process that asks for no token. */
abstract class ChildServer implements Server {
  private final String name;
  private final int port;
  private final Child child;
  private final @Nullable Proc store;

  ChildServer(String name, int port, Child child, @Nullable Proc store) {
    this.name = name;
    this.port = port;
    this.child = child;
    this.store = store;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String token() {
    return "";
  }

  @Override
  public Proc process() {
    return new Proc(child.pid());
  }

  @Override
  public @Nullable Proc store() {
    return store;
  }

  @Override
  public void close() {
    child.close();
  }
}

package dev.hongyan.deploy.demo;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.HashSet;
import java.util.Set;

/** Stands between a node and its Redis, so that it can be out of reach or silent. */
final class RedisProxy {
  private final Vertx vertx;
  private final SocketAddress upstream;
  private final Set<NetSocket> sockets = new HashSet<>();
  private NetServer server;
  private int port;
  private boolean silent;

  RedisProxy(Vertx vertx, int upstreamPort) {
    this.vertx = vertx;
    this.upstream = SocketAddress.inetSocketAddress(upstreamPort, "127.0.0.1");
  }

  int port() {
    return port;
  }

  /** From here on, or again, everything passes. */
  Future<Void> open() {
    silent = false;
    server = vertx.createNetServer().connectHandler(this::connected);
    return server
        .listen(port, "127.0.0.1")
        .map(
            listening -> {
              port = listening.actualPort();
              return null;
            });
  }

  /** Ends all connections and refuses new ones. */
  Future<Void> cut() {
    synchronized (sockets) {
      sockets.forEach(s -> s.close().onFailure(e -> {}));
      sockets.clear();
    }
    return server.close();
  }

  /** Connections stay and are made, but nothing comes through. */
  void silence() {
    synchronized (sockets) {
      silent = true;
      sockets.forEach(NetSocket::pause);
    }
  }

  void speak() {
    synchronized (sockets) {
      silent = false;
      sockets.forEach(NetSocket::resume);
    }
  }

  private void connected(NetSocket from) {
    from.pause();
    vertx
        .createNetClient()
        .connect(upstream)
        .onComplete(
            to -> {
              from.handler(to::write).closeHandler(v -> to.close());
              to.handler(from::write).closeHandler(v -> from.close());
              synchronized (sockets) {
                sockets.add(from);
                sockets.add(to);
                if (silent) {
                  to.pause();
                } else {
                  from.resume();
                }
              }
            },
            refused -> from.close());
  }
}

package dev.hongyan.bench.scenario;

import dev.hongyan.bench.load.Dialect;
import dev.hongyan.bench.load.PeerCrowd;
import dev.hongyan.bench.load.Seen;
import dev.hongyan.bench.peer.Mqtt;
import dev.hongyan.bench.peer.Nats;
import dev.hongyan.bench.peer.Nchan;
import dev.hongyan.bench.peer.SocketIo;
import dev.hongyan.bench.process.PeerServer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Who is compared with in what, and in which language. */
final class Peers {
  static final List<PeerServer.Kind> FAN_OUT =
      List.of(
          PeerServer.Kind.NCHAN,
          PeerServer.Kind.NATS,
          PeerServer.Kind.MOSQUITTO,
          PeerServer.Kind.SOCKET_IO);

  private Peers() {}

  static PeerCrowd crowd(
      Scenario.Stage stage,
      Seen seen,
      PeerServer server,
      PeerServer.Kind kind,
      int receivers,
      int bytes) {
    AtomicInteger number = new AtomicInteger();
    return new PeerCrowd(
        stage.generator(),
        seen,
        server.port(),
        receivers,
        () -> dialect(kind, false, number.incrementAndGet()),
        dialect(kind, true, 0),
        bytes);
  }

  private static Dialect dialect(PeerServer.Kind kind, boolean publishes, int number) {
    return switch (kind) {
      case NCHAN -> new Nchan(publishes);
      case NATS -> new Nats(publishes);
      case MOSQUITTO -> new Mqtt(publishes, "r" + number);
      case SOCKET_IO -> new SocketIo();
      case SPRING -> throw new IllegalArgumentException("it takes pushes only");
    };
  }
}

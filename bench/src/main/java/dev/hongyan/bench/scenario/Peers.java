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
import java.util.function.IntFunction;

/** Who is compared with in what, and in which language. */
final class Peers {
  static final List<PeerServer.Kind> FAN_OUT =
      List.of(
          PeerServer.Kind.NCHAN,
          PeerServer.Kind.NATS,
          PeerServer.Kind.MOSQUITTO,
          PeerServer.Kind.SOCKET_IO);

  /** Those that spread messages over a group. NATS core does so without acks. */
  static final List<PeerServer.Kind> QUEUE =
      List.of(PeerServer.Kind.MOSQUITTO, PeerServer.Kind.NATS);

  /** Those whose bare reconnecting is compared. */
  static final List<PeerServer.Kind> STORM = List.of(PeerServer.Kind.NCHAN, PeerServer.Kind.NATS);

  private Peers() {}

  /** Receivers that all get everything. */
  static PeerCrowd crowd(
      Scenario.Stage stage,
      Seen seen,
      PeerServer server,
      PeerServer.Kind kind,
      int receivers,
      int bytes) {
    return crowd(
        stage,
        seen,
        server,
        kind,
        receivers,
        bytes,
        n -> receiver(kind, "r" + n),
        PeerCrowd.Sharing.NOTHING);
  }

  /** Receivers that share the work. */
  static PeerCrowd group(
      Scenario.Stage stage,
      Seen seen,
      PeerServer server,
      PeerServer.Kind kind,
      int receivers,
      int bytes) {
    return crowd(
        stage,
        seen,
        server,
        kind,
        receivers,
        bytes,
        n -> oneOfGroup(kind, "g" + n),
        PeerCrowd.Sharing.THE_WORK);
  }

  private static PeerCrowd crowd(
      Scenario.Stage stage,
      Seen seen,
      PeerServer server,
      PeerServer.Kind kind,
      int receivers,
      int bytes,
      IntFunction<Dialect> receiver,
      PeerCrowd.Sharing sharing) {
    AtomicInteger number = new AtomicInteger();
    return new PeerCrowd(
        stage.generator(),
        seen,
        server.port(),
        receivers,
        () -> receiver.apply(number.incrementAndGet()),
        publisher(kind),
        bytes,
        sharing);
  }

  private static Dialect publisher(PeerServer.Kind kind) {
    return switch (kind) {
      case NCHAN -> new Nchan(true);
      case NATS -> Nats.publisher();
      case MOSQUITTO -> Mqtt.publisher("p");
      case SOCKET_IO -> new SocketIo();
      case SPRING -> throw new IllegalArgumentException("it takes pushes only");
    };
  }

  private static Dialect receiver(PeerServer.Kind kind, String name) {
    return switch (kind) {
      case NCHAN -> new Nchan(false);
      case NATS -> Nats.receiver();
      case MOSQUITTO -> Mqtt.receiver(name);
      case SOCKET_IO -> new SocketIo();
      case SPRING -> throw new IllegalArgumentException("it takes pushes only");
    };
  }

  private static Dialect oneOfGroup(PeerServer.Kind kind, String name) {
    return switch (kind) {
      case NATS -> Nats.oneOfGroup();
      case MOSQUITTO -> Mqtt.oneOfGroup(name);
      case NCHAN, SOCKET_IO, SPRING -> throw new IllegalArgumentException("it knows no groups");
    };
  }
}

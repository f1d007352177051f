package dev.hongyan.bench.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server that others made, installed by {@code bench/peers/install} below {@code
 * bench/target/peers}; one process of it, on the server's processors, with the least that it needs
 * to do what is compared.
 */
public final class PeerServer extends ChildServer {
  /** What can be started. */
  public enum Kind {
    /** nginx with nchan: fan-out over WebSocket from a buffer in memory. */
    NCHAN("nginx + nchan"),
    /** NATS core over WebSocket: no log, no acks. */
    NATS("NATS core"),
    /** MQTT, QoS 1, over TCP. */
    MOSQUITTO("mosquitto QoS 1"),
    /** Socket.IO on Node.js, WebSocket only. */
    SOCKET_IO("Socket.IO"),
    /** Spring Boot with WxJava and Redis, for pushes. */
    SPRING("Spring Boot + WxJava + Redis");

    private final String called;

    Kind(String called) {
      this.called = called;
    }

    /** How it is called in results. */
    public String called() {
      return called;
    }
  }

  private PeerServer(Kind kind, int port, Child child, @Nullable Proc store) {
    super(kind.called, port, child, store);
  }

  /** Whether it was installed. */
  public static boolean isInstalled(Setup setup, Kind kind) {
    return Files.exists(program(setup, kind));
  }

  /** Starts it; comes back when it takes connections. */
  public static PeerServer start(Setup setup, Kind kind) {
    return start(setup, kind, null);
  }

  /** The same with a Redis, for one that needs it. */
  public static PeerServer start(Setup setup, Kind kind, @Nullable PeerRedis redis) {
    int port = Child.freePort();
    try {
      Path folder =
          Files.createTempDirectory(setup.work(), kind.name().toLowerCase(Locale.ROOT) + "-");
      Path log = folder.resolve("server.log");
      Map<String, String> environment = new HashMap<>();
      if (redis != null) {
        environment.put("PEER_REDIS", redis.address());
      }
      environment.put("LD_LIBRARY_PATH", debian(setup).resolve("libs").toString());
      environment.put("NODE_PATH", peers(setup).resolve("npm/node_modules").toString());
      List<String> command = command(setup, kind, port, folder);
      return new PeerServer(
          kind,
          port,
          Child.startAtTcp(setup.serverProcessors(), command, environment, log, port),
          redis == null ? null : redis.process());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> command(Setup setup, Kind kind, int port, Path folder)
      throws IOException {
    String program = program(setup, kind).toString();
    Path configuration = folder.resolve("server.conf");
    switch (kind) {
      case NCHAN -> {
        Files.writeString(configuration, nginx(setup, port, folder));
        String errors = folder.resolve("server.log").toString();
        return List.of(program, "-c", configuration.toString(), "-e", errors);
      }
      case NATS -> {
        Files.writeString(
            configuration,
            """
            port: -1
            host: "127.0.0.1"
            max_connections: 70000
            websocket { host: "127.0.0.1", port: %d, no_tls: true }
            """
                .formatted(port));
        return List.of(program, "-c", configuration.toString());
      }
      case MOSQUITTO -> {
        Files.writeString(
            configuration,
            """
            listener %d 127.0.0.1
            allow_anonymous true
            persistence false
            set_tcp_nodelay true
            max_queued_messages 0
            max_inflight_messages 256
            log_type error
            user root
            """
                .formatted(port));
        return List.of(program, "-c", configuration.toString());
      }
      case SOCKET_IO -> {
        return List.of("node", program, Integer.toString(port));
      }
      default -> {
        return List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx2g",
            "-jar",
            program,
            "--server.address=127.0.0.1",
            "--server.port=" + port);
      }
    }
  }

  /** One worker without a master, so that there is one process to look at. */
  private static String nginx(Setup setup, int port, Path folder) {
    return """
        load_module %s;
        daemon off;
        master_process off;
        pid %s/pid;
        events { worker_connections 65000; }
        http {
          access_log off;
          tcp_nodelay on;
          client_body_temp_path %2$s/body;
          proxy_temp_path %2$s/proxy;
          fastcgi_temp_path %2$s/fastcgi;
          uwsgi_temp_path %2$s/uwsgi;
          scgi_temp_path %2$s/scgi;
          nchan_shared_memory_size 256M;
          server {
            listen 127.0.0.1:%d backlog=4096;
            keepalive_requests 100000000;
            location = /sub { nchan_subscriber websocket; nchan_channel_id bench; }
            location = /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 100; }
          }
        }
        """
        .formatted(
            debian(setup).resolve("usr/lib/nginx/modules/ngx_nchan_module.so"), folder, port);
  }

  private static Path program(Setup setup, Kind kind) {
    return switch (kind) {
      case NCHAN -> debian(setup).resolve("usr/sbin/nginx");
      case NATS -> debian(setup).resolve("usr/sbin/nats-server");
      case MOSQUITTO -> debian(setup).resolve("usr/sbin/mosquitto");
      case SOCKET_IO -> peers(setup).resolve("npm/socketio.cjs");
      case SPRING -> peers(setup).resolve("spring/pushes.jar");
    };
  }

  private static Path peers(Setup setup) {
    return setup.root().resolve("bench/target/peers");
  }

  private static Path debian(Setup setup) {
    return peers(setup).resolve("debian");
  }
}

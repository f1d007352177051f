package dev.hongyan.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.bench.peer.BareVertx;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The generator against a real server, over real sockets. */
class GeneratorTest {
  @Test
  void everyReceiverSeesEveryPublishedMessageOnceAndInOrder() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (BareVertx peer = BareVertx.start(port);
        Generator generator = new Generator()) {
      Seen seen = new Seen();
      Receiver.Target target = new Receiver.Target(port, "", "app.bench");
      Crowd crowd = new Crowd(generator, seen, target, "r", 20, Receiver.Kind.LIVE);
      crowd.connectAll(Duration.ofSeconds(20));
      crowd.expect(0);
      Publisher publisher = new Publisher(generator, seen, target, 256);
      generator.run(publisher::connect);
      assertThat(generator.await(Duration.ofSeconds(20), publisher::isOpen)).isTrue();

      generator.run(() -> publisher.fill(100, 10));

      assertThat(generator.await(Duration.ofSeconds(20), () -> publisher.sent() == 100)).isTrue();
      assertThat(crowd.awaitAll(99, Duration.ofSeconds(20))).isZero();
      assertThat(generator.<Long>call(seen::delivered).longValue()).isEqualTo(2000);
      assertThat(generator.<Long>call(seen::missing).longValue()).isZero();
      assertThat(generator.<Long>call(seen::duplicates).longValue()).isZero();
      assertThat(generator.await(Duration.ofSeconds(20), publisher::isAllConfirmed)).isTrue();
    }
  }
}

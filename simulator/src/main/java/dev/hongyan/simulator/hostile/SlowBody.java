package dev.hongyan.simulator.hostile;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.simulator.delivery.RawRequest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request's body one byte at a time over a raw socket, to see how long a receiver puts up
 * with it. Plain {@code http} only.
 */
public final class SlowBody {
  private static final int ANSWER_BYTES_MAX = 64 * 1024;

  private final Vertx vertx;
  private final Timers timers;

  /**
   * A slow sender.
   *
   * @param timers must run their tasks on the thread of {@link #send}'s caller or on an event loop
   */
  public SlowBody(Vertx vertx, Timers timers) {
    this.vertx = vertx;
    this.timers = timers;
  }

  /**
   * How it ended.
   *
   * @param status the status of the receiver's answer; 0 if it closed without one
   * @param bytesSent bytes of the body that were sent until then
   * @param whole whether that was the whole body
   */
  public record Outcome(int status, int bytesSent, boolean whole) {}

  /**
   * Sends until the receiver answers or closes, or the body is at its end and answered.
   *
   * @param pause between two bytes
   */
  public Future<Outcome> send(URI url, RawRequest request, Duration pause) {
    NetClient client = vertx.createNetClient();
    int port = url.getPort() >= 0 ? url.getPort() : 80;
    return client
        .connect(port, url.getHost())
        .compose(socket -> new Drip(socket, url, request, pause).outcome.future())
        .onComplete(ignored -> client.close());
  }

  private final class Drip {
    private final NetSocket socket;
    private final byte[] body;
    private final Promise<Outcome> outcome = Promise.promise();
    private final Buffer received = Buffer.buffer();
    private Timers.@Nullable Cancellable ticker;
    private int sent;

    Drip(NetSocket socket, URI url, RawRequest request, Duration pause) {
      this.socket = socket;
      this.body = request.body();
      socket.handler(this::received);
      socket.closeHandler(closed -> end(0));
      socket.exceptionHandler(broken -> end(0));
      String query = request.query().isEmpty() ? "" : '?' + request.query();
      write(
          (request.method()
                  + ' '
                  + url.getRawPath()
                  + query
                  + " HTTP/1.1\r\nHost: "
                  + url.getAuthority()
                  + "\r\nContent-Type: "
                  + request.contentType()
                  + "\r\nContent-Length: "
                  + body.length
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      ticker = timers.every(pause, this::next);
    }

    private void next() {
      if (sent < body.length) {
        write(new byte[] {body[sent++]});
      }
    }

    private void write(byte[] bytes) {
      // A socket that breaks says so to its handlers.
      boolean unused = socket.write(Buffer.buffer(bytes)).isComplete();
    }

    private void received(Buffer chunk) {
      received.appendBuffer(chunk);
      String text = received.toString(StandardCharsets.ISO_8859_1);
      if (text.length() >= 12 && text.startsWith("HTTP/1.")) {
        end(Integer.parseInt(text, 9, 12, 10));
      } else if (received.length() > ANSWER_BYTES_MAX) {
        end(0);
      }
    }

    private void end(int status) {
      if (ticker != null) {
        ticker.cancel();
      }
      if (outcome.tryComplete(new Outcome(status, sent, sent == body.length))) {
        boolean unused = socket.close().isComplete();
      }
    }
  }
}

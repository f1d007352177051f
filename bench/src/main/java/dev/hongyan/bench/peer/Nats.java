package dev.hongyan.bench.peer;

import dev.hongyan.bench.load.Dialect;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * NATS core over WebSocket: no log, no acks. A stream of lines and payloads that is cut into
 * WebSocket messages anywhere.
 */
public final class Nats implements Dialect {
  private static final byte[] HELLO =
      Bytes.ascii("CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\n");
  private static final String ALL = "SUB bench 1\r\nPING\r\n";
  private static final String ONE_OF_GROUP = "SUB bench group 1\r\nPING\r\n";
  private static final byte[] PONG = Bytes.ascii("PONG\r\n");
  private static final byte[] END = Bytes.ascii("\r\n");

  private final byte[] first;

  private Nats(String first) {
    this.first = Bytes.ascii(first);
  }

  /** One that publishes. */
  public static Nats publisher() {
    return new Nats("PING\r\n");
  }

  /** One that gets every message. */
  public static Nats receiver() {
    return new Nats(ALL);
  }

  /** One of a queue group: each message goes to one of them. */
  public static Nats oneOfGroup() {
    return new Nats(ONE_OF_GROUP);
  }

  @Override
  public String handshake() {
    return Dialect.handshake("/", "");
  }

  @Override
  public void opened(Link link) {
    link.send(Bytes.join(HELLO, first));
  }

  @Override
  public int read(Link link, ByteBuf in, int start, int length) {
    int end = start + length;
    int at = start;
    while (at < end) {
      int lineEnd = in.indexOf(at, end, (byte) '\n');
      if (lineEnd < 0) {
        break;
      }
      int done = line(link, in, at, lineEnd + 1, end);
      if (done < 0) {
        break;
      }
      at = done;
    }
    return at - start;
  }

  /** Gives where the next line begins, or -1 when the payload is not all there. */
  private static int line(Link link, ByteBuf in, int from, int to, int end) {
    switch (in.getByte(from)) {
      case 'M' -> { // MSG bench 1 <bytes>
        int size = 0;
        int digit = to - 3;
        for (int power = 1; in.getByte(digit) != ' '; digit--, power *= 10) {
          size += (in.getByte(digit) - '0') * power;
        }
        if (to + size + 2 > end) {
          return -1;
        }
        link.message(in, to + size);
        return to + size + 2;
      }
      case 'P' -> {
        if (in.getByte(from + 1) == 'I') {
          link.send(PONG);
        } else {
          link.ready();
        }
      }
      case '-' ->
          throw new IllegalStateException(
              in.toString(from, to - from, StandardCharsets.US_ASCII).strip());
      default -> {} // INFO, +OK
    }
    return to;
  }

  @Override
  public byte[] publish(byte[] data) {
    return Bytes.join(Bytes.ascii("PUB bench " + data.length + "\r\n"), data, END);
  }
}

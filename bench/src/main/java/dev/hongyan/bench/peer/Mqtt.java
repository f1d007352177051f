package dev.hongyan.bench.peer;

import dev.hongyan.bench.load.Dialect;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * MQTT 3.1.1 with QoS 1, each message acknowledged; a session that ends with its connection. Over
 * plain TCP, which costs a server less than WebSocket: Debian's mosquitto cannot open a WebSocket
 * on loopback alone.
 */
public final class Mqtt implements Dialect {
  private static final byte[] TOPIC = "bench".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SUBSCRIBE = {(byte) 0x82, 10, 0, 1, 0, 5, 'b', 'e', 'n', 'c', 'h', 1};

  private final boolean publishes;
  private final String client;
  private int packet;

  /**
   * @param client a name of its own
   */
  public Mqtt(boolean publishes, String client) {
    this.publishes = publishes;
    this.client = client;
  }

  @Override
  public @Nullable String handshake() {
    return null;
  }

  @Override
  public void opened(Link link) {
    byte[] name = Bytes.ascii(client);
    byte[] head = {
      0x10, (byte) (12 + name.length), 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, (byte) name.length
    };
    link.send(Bytes.join(head, name));
  }

  @Override
  public int read(Link link, ByteBuf in, int start, int length) {
    int end = start + length;
    int at = start;
    while (end - at >= 2) {
      int body = at + 1;
      int size = 0;
      for (int shift = 0; ; shift += 7) {
        if (body == end) {
          return at - start;
        }
        int b = in.getByte(body++);
        size |= (b & 0x7f) << shift;
        if (b >= 0) {
          break;
        }
      }
      if (body + size > end) {
        break;
      }
      packet(link, in.getByte(at) & 0xff, in, body, body + size);
      at = body + size;
    }
    return at - start;
  }

  private void packet(Link link, int kind, ByteBuf in, int from, int to) {
    switch (kind >> 4) {
      case 2 -> { // CONNACK
        if (in.getByte(from + 1) != 0) {
          throw new IllegalStateException("refused: " + in.getByte(from + 1));
        }
        if (publishes) {
          link.ready();
        } else {
          link.send(SUBSCRIBE);
        }
      }
      case 3 -> { // PUBLISH
        link.message(in, to);
        if ((kind & 0x06) != 0) {
          int id = from + 2 + in.getUnsignedShort(from);
          link.send(new byte[] {0x40, 2, in.getByte(id), in.getByte(id + 1)});
        }
      }
      case 9 -> link.ready(); // SUBACK
      default -> {} // PUBACK
    }
  }

  @Override
  public byte[] publish(byte[] data) {
    packet = packet % 65_535 + 1;
    int size = 2 + TOPIC.length + 2 + data.length;
    byte[] head =
        size < 128
            ? new byte[] {0x32, (byte) size}
            : new byte[] {0x32, (byte) (size & 0x7f | 0x80), (byte) (size >> 7)};
    byte[] length = {0, (byte) TOPIC.length};
    byte[] id = {(byte) (packet >> 8), (byte) packet};
    return Bytes.join(head, length, TOPIC, id, data);
  }
}

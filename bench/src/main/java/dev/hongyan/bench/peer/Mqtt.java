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
  private static final String ALL = "bench";
  private static final String ONE_OF_GROUP = "$share/group/bench";

  private final boolean publishes;
  private final String client;
  private final String filter;
  private int packet;

  private Mqtt(boolean publishes, String client, String filter) {
    this.publishes = publishes;
    this.client = client;
    this.filter = filter;
  }

  /**
   * One that publishes.
   *
   * @param client a name of its own
   */
  public static Mqtt publisher(String client) {
    return new Mqtt(true, client, "");
  }

  /** One that gets every message. */
  public static Mqtt receiver(String client) {
    return new Mqtt(false, client, ALL);
  }

  /** One of a group: each message goes to one of them ({@code $share}). */
  public static Mqtt oneOfGroup(String client) {
    return new Mqtt(false, client, ONE_OF_GROUP);
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
          link.send(subscribe());
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

  private byte[] subscribe() {
    byte[] name = Bytes.ascii(filter);
    byte[] head = {(byte) 0x82, (byte) (name.length + 5), 0, 1, 0, (byte) name.length};
    byte[] qos = {1};
    return Bytes.join(head, name, qos);
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

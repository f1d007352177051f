package dev.hongyan.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.bench.load.Dialect;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialectTest {
  private static final class Heard implements Dialect.Link {
    final List<byte[]> sent = new ArrayList<>();
    final List<String> messages = new ArrayList<>();
    int ready;

    @Override
    public void send(byte[] bytes) {
      sent.add(bytes);
    }

    @Override
    public void ready() {
      ready++;
    }

    @Override
    public void message(ByteBuf in, int end) {
      messages.add(in.toString(end - 4, 4, StandardCharsets.US_ASCII));
    }
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  /** Everything byte by byte: what is not done with comes again. */
  private static Heard inPieces(Dialect dialect, ByteBuf all) {
    Heard heard = new Heard();
    int from = 0;
    for (int to = 1; to <= all.readableBytes(); to++) {
      from += dialect.read(heard, all, from, to - from);
    }
    assertThat(from).isEqualTo(all.readableBytes());
    return heard;
  }

  @Test
  void aStreamOfNatsMayBeCutAnywhere() {
    Heard heard =
        inPieces(
            Nats.receiver(),
            ascii(
                "INFO {}\r\nPONG\r\nMSG bench 1 4\r\none1\r\nPING\r\nMSG bench 1 12\r\nxxxxxxxxtwo2\r\n"));
    assertThat(heard.ready).isEqualTo(1);
    assertThat(heard.messages).containsExactly("one1", "two2");
    assertThat(heard.sent).containsExactly("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void aMessageOfMqttIsAcknowledgedByItsNumber() {
    byte[] head = {0x20, 2, 0, 0, (byte) 0x90, 3, 0, 1, 1};
    byte[] publish =
        Mqtt.publisher("p").publish(("x".repeat(296) + "last").getBytes(StandardCharsets.US_ASCII));
    Heard heard = inPieces(Mqtt.receiver("r"), Unpooled.wrappedBuffer(head, publish));
    assertThat(heard.ready).isEqualTo(1);
    assertThat(heard.messages).containsExactly("last");
    assertThat(heard.sent).hasSize(2); // the subscription and the ack
    assertThat(heard.sent.get(1)).containsExactly(0x40, 2, 0, 1);
  }

  @Test
  void oneOfAGroupOfMqttSharesItsSubscription() {
    byte[] connack = {0x20, 2, 0, 0};
    Heard all = inPieces(Mqtt.receiver("r"), Unpooled.wrappedBuffer(connack));
    assertThat(all.sent).hasSize(1);
    assertThat(all.sent.get(0)).containsExactly(0x82, 10, 0, 1, 0, 5, 'b', 'e', 'n', 'c', 'h', 1);

    Heard one = inPieces(Mqtt.oneOfGroup("r"), Unpooled.wrappedBuffer(connack));
    assertThat(one.sent).hasSize(1);
    byte[] packet = one.sent.get(0);
    assertThat(packet[1]).isEqualTo((byte) (packet.length - 2));
    assertThat(packet[5]).isEqualTo((byte) (packet.length - 7));
    assertThat(new String(packet, 6, packet.length - 7, StandardCharsets.US_ASCII))
        .isEqualTo("$share/group/bench");
    assertThat(packet[packet.length - 1]).isEqualTo((byte) 1);
  }

  @Test
  void oneOfAGroupOfNatsSaysSoAndReadsAsAnyOther() {
    Nats dialect = Nats.oneOfGroup();
    Heard heard = new Heard();
    dialect.opened(heard);
    assertThat(new String(heard.sent.get(0), StandardCharsets.US_ASCII))
        .endsWith("\r\nSUB bench group 1\r\nPING\r\n");
    assertThat(inPieces(dialect, ascii("PONG\r\nMSG bench 1 4\r\none1\r\n")).messages)
        .containsExactly("one1");
  }

  @Test
  void socketIoAnswersPingsAndTakesTheDataOutOfItsEvent() {
    Heard heard = new Heard();
    SocketIo dialect = new SocketIo();
    for (String each : List.of("0{}", "40{\"sid\":\"x\"}", "2", "42[\"m\",1234]")) {
      assertThat(dialect.read(heard, ascii(each), 0, each.length())).isEqualTo(each.length());
    }
    assertThat(heard.ready).isEqualTo(1);
    assertThat(heard.messages).containsExactly("1234");
    assertThat(heard.sent).hasSize(2);
  }
}

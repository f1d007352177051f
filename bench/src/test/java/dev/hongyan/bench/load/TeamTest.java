package dev.hongyan.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a team counts and says, over all of its members. */
class TeamTest {
  private final Generator generator = new Generator();
  private final Seen seen = new Seen();
  private final Receiver.Target target = new Receiver.Target(1, "", "app.bench");
  private final Team team =
      new Team(generator, seen, target, "jobs", 2, new Publisher(generator, seen, target, 256));

  @AfterEach
  void end() {
    generator.close();
  }

  @Test
  void allMessagesOfAFrameAreAcknowledgedInOneGo() {
    String said = take(0, "{\"op\":\"deliver\",\"sub\":\"jobs\",\"n\":2}", message(1), message(5));

    assertThat(said).isEqualTo("{\"op\":\"ack\",\"sub\":\"jobs\",\"cursors\":[\"e1:1\",\"e1:5\"]}");
    assertThat(take(0, message(7)))
        .isEqualTo("{\"op\":\"ack\",\"sub\":\"jobs\",\"cursors\":[\"e1:7\"]}");
    assertThat(seen.delivered()).isEqualTo(3);
  }

  @Test
  void aFrameWithoutMessagesIsNotAnswered() {
    assertThat(take(0, "{\"op\":\"beat\",\"t\":1}")).isEmpty();
    assertThat(seen.errors()).isEmpty();
  }

  @Test
  void manyMessagesOfAFrameAreAllAcknowledged() {
    String[] lines = new String[256];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = message(i);
    }

    String said = take(0, lines);

    assertThat(said.split("e1:", -1)).hasSize(257);
    assertThat(said).endsWith(",\"e1:255\"]}");
  }

  @Test
  void whatOneMemberHadIsNoDeliveryToAnother() {
    assertThat(take(0, message(1))).isNotEmpty();
    String said = take(1, message(1).replace("\"event\"", "\"attempt\":2,\"event\""), message(2));

    assertThat(said).contains("\"e1:1\",\"e1:2\"");
    assertThat(seen.delivered()).isEqualTo(2);
    assertThat(seen.duplicates()).isEqualTo(1);
  }

  @Test
  void whatTheServerComplainsOfIsKept() {
    var unused = take(0, "{\"op\":\"error\",\"code\":\"bad-field\",\"message\":\"no\"}");

    assertThat(seen.errors()).containsEntry("error bad-field", 1L);
  }

  private String take(int member, String... lines) {
    ByteBuf data = Unpooled.copiedBuffer(String.join("\n", lines), StandardCharsets.UTF_8);
    byte[] said = team.member(member).read(data, 0, data.readableBytes());
    return said == null ? "" : new String(said, StandardCharsets.US_ASCII);
  }

  private static String message(long n) {
    return "{\"op\":\"msg\",\"cursor\":\"e1:"
        + n
        + "\",\"event\":{\"id\":\"1\",\"data\":"
        + new String(Stamps.data(256, n, 0), StandardCharsets.US_ASCII)
        + "}}";
  }
}

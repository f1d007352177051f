package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.RawSocket;
import dev.hongyan.gateway.testing.Rule;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Frames, sizes and the rhythm of a session (protocol, sections 1, 3 and 5). */
class LimitsTest {
  private static final int FRAME = 64 * 1024;
  private static GatewayFixture gateway;
  private static GatewayFixture quick;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
    quick =
        GatewayFixture.start(
            ShortLimits.of(
                Duration.ofSeconds(10),
                Duration.ofMillis(250),
                Duration.ofSeconds(3),
                Duration.ofSeconds(30)),
            loop -> List.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
    quick.close();
  }

  private static String name() {
    return "n" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static RawSocket connect() {
    return RawSocket.withToken(gateway.port(), gateway.token("acme", "u")).hello(name());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A beat made exactly this long with blanks. */
  private static byte[] beatOf(int bytes) {
    String beat = "{\"op\":\"beat\",\"t\":1,\"n\":7";
    return utf8(beat + " ".repeat(bytes - beat.length() - 1) + "}");
  }

  @Test
  @Rule("F3")
  void aFrameOfExactlyTheLimitIsServedAndOneByteMoreIsClosedWith4413() {
    try (RawSocket ws = connect()) {
      ws.frame(RawSocket.TEXT, true, beatOf(FRAME));
      assertThat(ws.expect("beat").getInteger("n")).isEqualTo(7);
      ws.frame(RawSocket.TEXT, true, beatOf(FRAME + 1));
      assertThat(ws.closeCode()).isEqualTo(4413);
    }
  }

  @Test
  @Rule("F4")
  void fragmentsAreJoinedAndTogetherBoundByTheSameLimit() {
    try (RawSocket ws = connect()) {
      byte[] beat = beatOf(1000);
      ws.frame(RawSocket.TEXT, false, Arrays.copyOfRange(beat, 0, 300));
      ws.frame(RawSocket.PING, true, new byte[0]); // control frames may stand between
      ws.frame(RawSocket.CONTINUATION, false, Arrays.copyOfRange(beat, 300, 301));
      ws.frame(RawSocket.CONTINUATION, false, new byte[0]);
      ws.frame(RawSocket.CONTINUATION, true, Arrays.copyOfRange(beat, 301, 1000));
      RawSocket.Frame pong = ws.read();
      assertThat(pong).isNotNull();
      assertThat(pong.opcode()).isEqualTo(RawSocket.PONG);
      ws.expect("beat");
      ws.frame(RawSocket.TEXT, false, new byte[FRAME - 10]);
      ws.frame(RawSocket.CONTINUATION, true, new byte[11]);
      assertThat(ws.closeCode()).isEqualTo(4413);
    }
  }

  @Test
  @Rule("F4")
  void aCharacterMayBeCutInTwoByFragments() {
    try (RawSocket ws = connect()) {
      byte[] text = utf8("{\"op\":\"雁\"}");
      ws.frame(RawSocket.TEXT, false, Arrays.copyOfRange(text, 0, 8));
      ws.frame(RawSocket.CONTINUATION, true, Arrays.copyOfRange(text, 8, text.length));
      assertThat(ws.expect("error").getString("code")).isEqualTo("unknown-op");
    }
  }

  @Test
  @Rule("F5")
  void aFrameOfMoreThanAMebibyteIsClosedWith1009() {
    try (RawSocket ws = connect()) {
      byte[] header = {(byte) 0x81, (byte) 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0};
      ws.bytes(header); // says 1 MiB + 1; the header alone decides
      assertThat(ws.closeCode()).isEqualTo(1009);
    }
  }

  @Test
  @Rule("F6")
  void aBinaryFrameIsClosedWith1003AndBadUtf8With1007() {
    try (RawSocket ws = connect()) {
      ws.frame(RawSocket.BINARY, true, beatOf(100));
      assertThat(ws.closeCode()).isEqualTo(1003);
    }
    byte[][] bad = {
      {'"', (byte) 0xc0, (byte) 0x80, '"'}, // overlong
      {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}, // a surrogate
      {'"', (byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80, '"'}, // beyond the last
      {'"', (byte) 0xe9, (byte) 0x9b}, // cut off
      {(byte) 0xff}
    };
    for (byte[] text : bad) {
      try (RawSocket ws = connect()) {
        ws.frame(RawSocket.TEXT, true, text);
        assertThat(ws.closeCode()).isEqualTo(1007);
      }
    }
  }

  @Test
  @Rule("F7")
  void framesThatAreNoWebSocketAreClosedWith1002() {
    byte[][] bad = {
      {(byte) 0x83, (byte) 0x80, 0, 0, 0, 0}, // an opcode nobody knows
      {(byte) 0x81, 0x02, '{', '}'}, // not masked
      {(byte) 0x80, (byte) 0x80, 0, 0, 0, 0}, // goes on with nothing
    };
    for (byte[] frame : bad) {
      try (RawSocket ws = connect()) {
        ws.bytes(frame);
        assertThat(ws.closeCode()).isEqualTo(1002);
      }
    }
  }

  @Test
  @Rule("F1")
  void emptyLinesAndEmptyFramesSayNothing() {
    try (RawSocket ws = connect()) {
      ws.text("").text("\n\n").text(" \r\n\t\r\n");
      ws.text("\n{\"op\":\"beat\",\"t\":1,\"n\":1}\r\n\r\n {\"op\":\"beat\",\"t\":1,\"n\":2} \n");
      assertThat(ws.expect("beat").getInteger("n")).isEqualTo(1);
      assertThat(ws.expect("beat").getInteger("n")).isEqualTo(2);
    }
  }

  @Test
  @Rule("U1")
  void aHundredSubscriptionsAndNotOneMore() {
    try (RawSocket ws = connect()) {
      for (int i = 0; i < 100; i++) {
        ws.text(subscribe("s" + i, "app.none").encode());
        ws.expect("subscribed");
      }
      ws.text(subscribe("one-more", "app.none").encode());
      JsonObject error = ws.expect("error");
      assertThat(error.getString("code")).isEqualTo("too-many-subscriptions");
      assertThat(error.getString("sub")).isEqualTo("one-more");
      assertThat(error.getString("retry")).isEqualTo("never");
      ws.text(subscribe("s5", "app.other").encode());
      assertThat(ws.expect("subscribed").getString("sub")).as("again is no more").isEqualTo("s5");
      ws.text("{\"op\":\"unsubscribe\",\"sub\":\"s7\"}");
      ws.text(subscribe("one-more", "app.none").encode());
      ws.expect("subscribed");
    }
  }

  private static JsonObject subscribe(String sub, String... topics) {
    return new JsonObject()
        .put("op", "subscribe")
        .put("sub", sub)
        .put("mode", "live")
        .put("topics", new JsonArray(List.of(topics)));
  }

  @Test
  @Rule("U2")
  void sixtyFourTopicsASubscriptionAndNotOneMore() {
    List<String> topics = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      topics.add("app.t" + i);
    }
    try (RawSocket ws = connect()) {
      ws.text(subscribe("s", topics.toArray(String[]::new)).encode());
      ws.expect("subscribed");
      topics.add("app.more");
      ws.text(subscribe("s", topics.toArray(String[]::new)).encode());
      assertThat(ws.expect("error").getString("code")).isEqualTo("bad-field");
    }
  }

  @Test
  @Rule("F9")
  void aFieldOutOfItsBoundsIsToldAndChangesNothing() {
    try (RawSocket ws = connect()) {
      for (String wrong :
          List.of(
              "\"window\":0",
              "\"window\":-1",
              "\"window\":1.5",
              "\"window\":\"9\"",
              "\"window\":99999999999999999999",
              "\"windowBytes\":0",
              "\"ackTimeoutMs\":-5",
              "\"topics\":[]",
              "\"topics\":\"#\"",
              "\"topics\":[5]")) {
        boolean topics = wrong.contains("topics");
        ws.text(
            "{\"op\":\"subscribe\",\"sub\":\"s\",\"mode\":\"live\","
                + (topics ? "" : "\"topics\":[\"#\"],")
                + wrong
                + "}");
        JsonObject error = ws.expect("error");
        assertThat(error.getString("code")).as(wrong).isEqualTo("bad-field");
        assertThat(error.getString("sub")).isEqualTo("s");
      }
      ws.text("{\"op\":\"ack\",\"sub\":\"s\",\"cursor\":\"k:1\"}");
      assertThat(ws.expect("error").getString("code")).isEqualTo("no-such-subscription");
    }
  }

  @Test
  @Rule("F2")
  void whatOneTickProducedLeavesInOneFrame() {
    String topic = "app." + name();
    try (RawSocket pub = connect();
        RawSocket sub = connect()) {
      sub.text(subscribe("s", topic).encode());
      sub.expect("subscribed");
      StringBuilder many = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        many.append(
            "{\"op\":\"publish\",\"serial\":%d,\"topic\":\"%s\",\"data\":%d}\n"
                .formatted(i, topic, i));
      }
      int before = sub.textFrames();
      pub.text(many.toString());
      assertThat(sub.messages(50)).hasSize(50);
      assertThat(sub.textFrames() - before).as("frames for 50 messages").isLessThanOrEqualTo(5);
      for (int i = 0; i < 50; i++) {
        assertThat(pub.expect("published").getInteger("serial")).isEqualTo(i);
      }
      assertThat(pub.textFrames()).as("frames for 50 answers and a welcome").isLessThan(8);
    }
  }

  @Test
  @Rule("S1")
  void aSilentClientIsClosedWith4001() {
    try (RawSocket ws = RawSocket.withToken(quick.port(), quick.token("acme", "u"))) {
      ws.hello(name()).answersPings(false);
      assertThat(ws.closeCode()).isEqualTo(4001);
    }
  }

  @Test
  @Rule("S2")
  void aClientThatOnlyAnswersPingsStays() {
    try (RawSocket ws = RawSocket.withToken(quick.port(), quick.token("acme", "u"))) {
      ws.hello(name());
      ws.awaitPings(20); // two thirds more than the time of death
      ws.text("{\"op\":\"beat\",\"t\":1,\"n\":1}");
      ws.expect("beat");
    }
  }

  @Test
  @Rule("S3")
  void aTokenThatEndsSoonIsAnnouncedAndANewOneKeepsTheSessionOpen() {
    try (RawSocket ws = RawSocket.withToken(quick.port(), token(quick, "acme", "u", 3))) {
      ws.hello(name());
      JsonObject expiring = ws.expect("expiring");
      assertThat(expiring.getLong("inMs")).isBetween(1L, 3000L);
      ws.text(auth(token(quick, "acme", "u", 3600)));
      ws.awaitPings(20); // the first token is over by now
      ws.text("{\"op\":\"beat\",\"t\":1,\"n\":1}");
      ws.expect("beat");
    }
  }

  @Test
  @Rule("S3")
  void aTokenThatEndsBeforeTheFirstPingIsAnnouncedToo() {
    try (RawSocket ws = RawSocket.withToken(gateway.port(), token(gateway, "acme", "u", 5))) {
      ws.hello(name());
      ws.expect("expiring");
      assertThat(ws.closeCode()).isEqualTo(4401);
      assertThat(ws.closeReason()).contains("expired");
    }
  }

  @Test
  @Rule("S4")
  void aTokenOfAnotherTenantOrSubjectIsATokenMismatchAndChangesNothing() {
    try (RawSocket ws = connect()) {
      for (String token :
          List.of(
              token(gateway, "bolt", "u", 60),
              token(gateway, "acme", "somebody-else", 60),
              "not.a.token",
              "")) {
        ws.text(auth(token));
        JsonObject error = ws.expect("error");
        assertThat(error.getString("code")).isEqualTo("token-mismatch");
        assertThat(error.getString("retry")).isEqualTo("never");
      }
      ws.text("{\"op\":\"auth\"}");
      assertThat(ws.expect("error").getString("code")).isEqualTo("token-mismatch");
      ws.text(subscribe("s", "#").encode());
      ws.expect("subscribed");
    }
  }

  @Test
  @Rule("S6")
  void aClientThatAsksAndNeverReadsIsClosedWith4101() {
    try (RawSocket ws =
        RawSocket.open(
            gateway.port(),
            4096,
            "Sec-WebSocket-Protocol: hongyan.v1",
            "Authorization: Bearer " + gateway.token("acme", "u"))) {
      ws.hello(name());
      for (int i = 0; i < 100; i++) {
        ws.text(subscribe("s" + i + "x".repeat(100), "app.none").encode());
        ws.expect("subscribed");
      }
      // 4,000 questions of 13 bytes, with 30 KiB of answer each
      ws.text("{\"op\":\"beat\"}\n".repeat(4000));
      assertThat(ws.closeCode()).isEqualTo(4101);
      assertThat(ws.closeReason()).matches("retryAfterMs=\\d+");
    }
  }

  private static String token(GatewayFixture at, String tenant, String subject, int seconds) {
    return at.tokens()
        .mint(tenant, subject, List.of("#"), List.of("app.#"), Duration.ofSeconds(seconds))
        .reveal();
  }

  private static String auth(String token) {
    return new JsonObject().put("op", "auth").put("token", token).encode();
  }
}

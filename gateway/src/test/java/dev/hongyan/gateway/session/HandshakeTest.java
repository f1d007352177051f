package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.RawSocket;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Protocol, section 1: who is let in, and what the others are told. */
class HandshakeTest {
  private static final String OURS = "Sec-WebSocket-Protocol: hongyan.v1";
  private static final Duration LONG = Duration.ofHours(1);
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway =
        GatewayFixture.start(
            ShortLimits.of(Duration.ofMillis(500), LONG, LONG, Duration.ofSeconds(1)),
            loop -> List.of());
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static String bearer(String tenant) {
    return "Authorization: Bearer " + gateway.token(tenant, "u");
  }

  private static RawSocket open(String... headers) {
    return RawSocket.open(gateway.port(), headers);
  }

  private static void assertRefused(int status, String... headers) {
    try (RawSocket ws = open(headers)) {
      assertThat(ws.status()).isEqualTo(status);
    }
  }

  @Test
  @Rule("C1")
  void aMissingOrUnknownSubprotocolIsRefusedWith400() {
    assertRefused(400);
    assertRefused(400, bearer("acme"));
    assertRefused(400, "Sec-WebSocket-Protocol: hongyan.v2");
    assertRefused(400, "Sec-WebSocket-Protocol: mqtt, soap");
    assertRefused(400, "Sec-WebSocket-Protocol: bearer." + gateway.token("acme", "u"));
  }

  @Test
  @Rule("C2")
  void ourSubprotocolIsChosenAmongOthersInOneHeaderOrInSeveral() {
    try (RawSocket ws = open("Sec-WebSocket-Protocol: mqtt, hongyan.v1", bearer("acme"))) {
      assertThat(ws.status()).isEqualTo(101);
      assertThat(ws.header("Sec-WebSocket-Protocol")).isEqualTo("hongyan.v1");
      ws.hello("c");
    }
  }

  @Test
  @Rule("C3")
  void aHeaderThatNamesAnotherTenantThanTheTokenIsRefusedWith403() {
    assertRefused(403, OURS, bearer("acme"), "X-Tenant-ID: bolt");
    assertRefused(
        403,
        "Sec-WebSocket-Protocol: hongyan.v1, bearer." + gateway.token("acme", "u"),
        "X-Tenant-ID: bolt");
    try (RawSocket ws = open(OURS, bearer("acme"), "X-Tenant-ID: acme")) {
      assertThat(ws.status()).isEqualTo(101);
      ws.hello("c");
    }
  }

  @Test
  @Rule("C3")
  void aHelloWhoseTokenNamesAnotherTenantThanTheHeaderIsClosedWith4403() {
    try (RawSocket ws = open(OURS, "X-Tenant-ID: bolt")) {
      ws.text(hello("c").put("token", gateway.token("acme", "u")).encode());
      assertThat(ws.closeCode()).isEqualTo(4403);
    }
  }

  private static JsonObject hello(String client) {
    return new JsonObject().put("op", "hello").put("client", client);
  }

  @Test
  @Rule("C4")
  void theTokenMayComeInTheHeaderInASubprotocolOrInHello() {
    String token = gateway.token("acme", "u");
    try (RawSocket ws = open(OURS, "authorization: bearer " + token)) {
      ws.hello("by-header");
    }
    try (RawSocket ws = open("Sec-WebSocket-Protocol: hongyan.v1, bearer." + token)) {
      assertThat(ws.header("Sec-WebSocket-Protocol")).isEqualTo("hongyan.v1");
      ws.hello("by-subprotocol");
    }
    try (RawSocket ws = open(OURS, "Authorization: Bearer stale.and.bad")) {
      ws.text(hello("by-hello").put("token", token).encode());
      ws.expect("welcome");
    }
  }

  @Test
  @Rule("C5")
  void aTokenInTheQueryIsNotLookedAt() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", gateway.port())) {
      String request =
          "GET /ws/v1?token=%s&access_token=%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                  .replace("%s", gateway.token("acme", "u"))
              + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + "Sec-WebSocket-Protocol: hongyan.v1\r\n\r\n";
      socket.setSoTimeout(15_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] text = hello("q").toBuffer().getBytes();
      byte[] frame = new byte[6 + text.length];
      frame[0] = (byte) 0x81;
      frame[1] = (byte) (0x80 | text.length);
      System.arraycopy(text, 0, frame, 6, text.length);
      socket.getOutputStream().write(frame);
      byte[] all = socket.getInputStream().readNBytes(2048); // up to the end of the stream
      int close = new String(all, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n");
      assertThat(all[close + 4] & 0xff).isEqualTo(0x88);
      assertThat((all[close + 6] & 0xff) << 8 | all[close + 7] & 0xff).isEqualTo(4401);
    }
  }

  @Test
  @Rule("C6")
  void withoutAHelloInTimeTheConnectionIsClosedWith4401() {
    try (RawSocket ws = open(OURS, bearer("acme"))) {
      assertThat(ws.closeCode()).isEqualTo(4401);
      assertThat(ws.closeReason()).contains("hello");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"op\":\"beat\",\"t\":1,\"n\":1}",
        "{\"op\":\"subscribe\",\"sub\":\"s\",\"mode\":\"live\",\"topics\":[\"#\"]}",
        "{\"op\":\"ack\",\"sub\":\"s\",\"cursor\":\"k:1\"}",
        "{\"op\":\"dance\"}"
      })
  @Rule("C7")
  void anotherFirstOpThanHelloIsClosedWith4401(String first) {
    try (RawSocket ws = open(OURS, bearer("acme"))) {
      ws.text(first);
      assertThat(ws.closeCode()).isEqualTo(4401);
    }
  }

  @Test
  @Rule("C8")
  void noTokenABadOneAndAnExpiredOneAreClosedWith4401() {
    String shortLived =
        gateway.tokens().mint("acme", "u", List.of("#"), List.of(), Duration.ofSeconds(1)).reveal();
    try (RawSocket ws = RawSocket.withToken(gateway.port(), shortLived)) {
      ws.hello("c");
      assertThat(ws.closeCode()).as("the token ended").isEqualTo(4401);
    }
    for (String token : List.of("", "x", "a.b.c", shortLived)) {
      try (RawSocket ws = open(OURS, "Authorization: Bearer " + token)) {
        ws.text(hello("c").encode());
        assertThat(ws.closeCode()).isEqualTo(4401);
      }
    }
    try (RawSocket ws = open(OURS)) {
      ws.text(hello("c").encode());
      assertThat(ws.closeCode()).isEqualTo(4401);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "with blank", "quo\\\"te", "back\\\\slash", "line\\nend", "\\u0000"})
  @Rule("C9")
  void aClientIdThatIsNoNameIsClosedWith4400(String client) {
    try (RawSocket ws = open(OURS, bearer("acme"))) {
      ws.text("{\"op\":\"hello\",\"client\":\"" + client + "\"}");
      assertThat(ws.closeCode()).isEqualTo(4400);
    }
  }

  @Test
  @Rule("C10")
  void anUnknownTenantAndASuspendedOneAreClosedWith4404() {
    try (RawSocket ws = open(OURS, bearer("nobody"))) {
      ws.text(hello("c").encode());
      assertThat(ws.closeCode()).isEqualTo(4404);
    }
    String tenant = "t" + UUID.randomUUID().toString().substring(0, 8);
    RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", tenant)));
    try (RawSocket before = open(OURS, bearer(tenant))) {
      before.hello("c");
      RedisFixture.await(gateway.tenants().patch(tenant, new JsonObject().put("suspended", true)));
      assertThat(before.closeCode()).as("a session that was open").isEqualTo(4404);
    }
    try (RawSocket after = open(OURS, bearer(tenant))) {
      after.text(hello("c").encode());
      assertThat(after.closeCode()).isEqualTo(4404);
    }
  }

  @Test
  @Rule("C11")
  void aNodeThatIsFullClosesWith4100AndSaysWhenToComeBack() {
    SessionLimits one = SessionLimits.DEFAULT.within(64 * 1024, 0);
    try (GatewayFixture full = GatewayFixture.start(one, loop -> List.of());
        RawSocket ws = RawSocket.withToken(full.port(), full.token("acme", "u"))) {
      assertThat(ws.status()).isEqualTo(101);
      assertThat(ws.closeCode()).isEqualTo(4100);
      assertThat(ws.closeReason()).matches("retryAfterMs=\\d+");
    }
  }
}

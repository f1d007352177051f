package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.RawSocket;
import dev.hongyan.gateway.testing.Rule;
import dev.hongyan.observability.problem.Problem;
import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * A client that says anything at all. Whatever it does, the other sessions of the node (of its own
 * tenant and of another one) get everything, every refusal carries a code of the protocol, and
 * nobody is woken at night by the log.
 */
class FuzzTest {
  private static final int ROUNDS = 60;
  private static final Set<String> ERRORS =
      Arrays.stream(ClientError.Code.values()).map(c -> c.text).collect(Collectors.toSet());

  /** 1000: ours to say; 1006: the fuzzer has cut itself off. */
  private static final Set<Integer> CLOSES =
      Stream.concat(
              Stream.of(1000, 1002, 1003, 1006, 1007, 1009),
              Arrays.stream(Problem.values()).map(Problem::closeCode))
          .collect(Collectors.toSet());

  private static GatewayFixture gateway;
  private static final List<RawSocket> HALF_OPEN = new ArrayList<>();
  private final List<String> errorsLogged = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
            errorsLogged.add(event.getLoggerName() + ": " + event.getFormattedMessage());
          }
        }
      };

  private final Set<String> codesSeen = new TreeSet<>();
  private Random random = new Random();

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
  }

  @AfterAll
  static void stop() {
    HALF_OPEN.forEach(RawSocket::close);
    gateway.close();
  }

  @BeforeEach
  void listen() {
    appender.start();
    root().addAppender(appender);
  }

  @AfterEach
  void unlisten() {
    root().detachAppender(appender);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 20_251_121, 7_777_777, -42})
  @Rule("F10")
  void aWildClientHarmsNobodyAndEveryRefusalHasADocumentedCode(long seed) {
    random = new Random(seed);
    try (RawSocket canary = canary("acme", "canary-a" + seed);
        RawSocket neighbour = canary("bolt", "canary-b" + seed)) {
      for (int round = 0; round < ROUNDS; round++) {
        wildSession(round);
        publish(canary, round);
        publish(neighbour, round);
        awaitOwn(canary, round);
        awaitOwn(neighbour, round);
      }
    }
    assertThat(errorsLogged).isEmpty();
    assertThat(codesSeen).as("the fuzzer reaches most refusals").hasSizeGreaterThanOrEqualTo(8);
  }

  // ---- those who must not be harmed ----

  private static RawSocket canary(String tenant, String client) {
    RawSocket ws = RawSocket.withToken(gateway.port(), gateway.token(tenant, client)).hello(client);
    ws.text(
        "{\"op\":\"subscribe\",\"sub\":\"mine\",\"mode\":\"durable\",\"topics\":[\"app.canary\"]}"
            .replace("mine", client));
    ws.expect("subscribed");
    return ws;
  }

  private static void publish(RawSocket canary, int round) {
    canary.text(
        "{\"op\":\"publish\",\"serial\":%d,\"topic\":\"app.canary\",\"data\":%d}"
            .formatted(round, round));
  }

  /** The message of this round, and its receipt, in whatever order. */
  private static void awaitOwn(RawSocket canary, int round) {
    boolean published = false;
    boolean delivered = false;
    while (!published || !delivered) {
      JsonObject line = canary.next();
      switch (line.getString("op")) {
        case "published" -> published = line.getInteger("serial") == round;
        case "deliver" -> {
          JsonObject msg = canary.expect("msg");
          assertThat(line.getInteger("n")).isEqualTo(1);
          assertThat(msg.getJsonObject("event").getInteger("data")).isEqualTo(round);
          canary.text(
              new JsonObject()
                  .put("op", "ack")
                  .put("sub", line.getString("sub"))
                  .put("cursor", msg.getString("cursor"))
                  .encode());
          delivered = true;
        }
        default -> assertThat(line).as("what a canary gets").isNull();
      }
    }
  }

  // ---- the wild one ----

  private void wildSession(int round) {
    RawSocket ws = RawSocket.withToken(gateway.port(), gateway.token("acme", "wild"));
    boolean closed = false;
    try {
      if (random.nextInt(8) > 0) {
        ws.hello("wild" + random.nextInt(3));
      }
      int steps = 1 + random.nextInt(40);
      for (int i = 0; i < steps; i++) {
        step(ws);
      }
      if (random.nextInt(10) == 0 && HALF_OPEN.size() < 50) {
        HALF_OPEN.add(ws); // neither read nor closed from now on
        return;
      }
      ws.text("{\"op\":\"beat\",\"t\":0,\"n\":" + (900_000 + round) + "}");
      closed = drain(ws, 900_000 + round);
    } catch (UncheckedIOException cutOff) {
      closed = drainRest(ws); // the server closed while we still wrote
    }
    if (!closed || random.nextBoolean()) {
      ws.close();
    }
  }

  /** Reads up to the beat; true when the server closed before it. */
  private boolean drain(RawSocket ws, int beat) {
    for (RawSocket.Frame frame = ws.read(); frame != null; frame = ws.read()) {
      if (frame.opcode() == RawSocket.CLOSE) {
        int code = ws.closeCode();
        assertThat(CLOSES).contains(code);
        codesSeen.add(Integer.toString(code));
        return true;
      }
      if (frame.opcode() == RawSocket.TEXT) {
        for (String line : new String(frame.payload(), StandardCharsets.UTF_8).split("\n")) {
          if (line.startsWith("{\"op\":\"error\"")) {
            JsonObject error = new JsonObject(line);
            assertThat(ERRORS).contains(error.getString("code"));
            assertThat(List.of("never", "later", "now")).contains(error.getString("retry"));
            codesSeen.add(error.getString("code"));
          } else if (line.startsWith("{\"op\":\"beat\"") && line.contains("\"n\":" + beat + ",")) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private boolean drainRest(RawSocket ws) {
    try {
      return drain(ws, -1);
    } catch (UncheckedIOException gone) {
      return true;
    }
  }

  private void step(RawSocket ws) {
    int dice = random.nextInt(200);
    if (dice == 0) {
      ws.frame(RawSocket.BINARY, true, noise(random.nextInt(300)));
    } else if (dice == 1) {
      ws.frame(RawSocket.TEXT, true, noise(random.nextInt(300)));
    } else if (dice == 2) {
      ws.bytes(noise(1 + random.nextInt(60))); // not even a frame
    } else if (dice == 3) {
      ws.frame(RawSocket.TEXT, true, new byte[(1 << 20) - 1]); // a line of 1 MiB
    } else if (dice == 4) {
      ws.text("[".repeat(1 + random.nextInt(60_000)));
    } else if (dice == 5) {
      ws.frame(RawSocket.TEXT, false, "{\"op\":".getBytes(StandardCharsets.US_ASCII));
      ws.frame(RawSocket.PING, true, noise(random.nextInt(125)));
      ws.frame(RawSocket.CONTINUATION, true, "\"beat\"}".getBytes(StandardCharsets.US_ASCII));
    } else if (dice == 6) {
      hundredSubscriptions(ws);
    } else if (dice == 7) {
      ws.text(op() + "x");
    } else if (dice < 40) {
      StringBuilder several = new StringBuilder();
      for (int i = random.nextInt(20); i >= 0; i--) {
        several.append(op()).append(random.nextInt(5) == 0 ? "\r\n\n" : "\n");
      }
      ws.text(several.toString());
    } else {
      ws.text(op());
    }
  }

  private void hundredSubscriptions(RawSocket ws) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 102; i++) {
      all.append("{\"op\":\"subscribe\",\"sub\":\"h").append(i);
      all.append("\",\"mode\":\"live\",\"topics\":[\"app.h\"]}\n");
    }
    ws.text(all.toString());
  }

  private static final List<String> OPS =
      List.of(
          "hello",
          "subscribe",
          "subscribe",
          "subscribe",
          "unsubscribe",
          "ack",
          "ack",
          "nack",
          "extend",
          "term",
          "publish",
          "publish",
          "reply",
          "auth",
          "beat",
          "goaway",
          "");
  private static final List<String> FIELDS =
      List.of(
          "client",
          "token",
          "subscribe",
          "sub",
          "topics",
          "mode",
          "cursor",
          "cursors",
          "seek",
          "window",
          "windowBytes",
          "ackTimeoutMs",
          "forget",
          "delayMs",
          "ms",
          "reason",
          "serial",
          "topic",
          "subject",
          "data",
          "ttlMs",
          "id",
          "message",
          "t",
          "n",
          "__proto__");

  /** An op with mostly the fields that it should have, some of them sane. */
  private String op() {
    String op = OPS.get(random.nextInt(OPS.size()));
    StringBuilder out = new StringBuilder("{\"op\":\"").append(op).append('"');
    Set<String> fields = new TreeSet<>(fieldsOf(op));
    for (int i = random.nextInt(3); i > 0; i--) {
      fields.add(FIELDS.get(random.nextInt(FIELDS.size())));
    }
    for (String field : fields) {
      if (random.nextInt(12) > 0) {
        out.append(",\"").append(field).append("\":");
        out.append(random.nextInt(5) == 0 ? anything(0) : sane(field));
      }
    }
    return out.append('}').toString();
  }

  private static List<String> fieldsOf(String op) {
    return switch (op) {
      case "hello" -> List.of("client", "subscribe");
      case "subscribe" -> List.of("sub", "topics", "mode");
      case "unsubscribe" -> List.of("sub", "forget");
      case "ack" -> List.of("sub", "cursor");
      case "nack", "term" -> List.of("sub", "cursors", "reason");
      case "extend" -> List.of("sub", "cursors", "ms");
      case "publish" -> List.of("serial", "topic", "subject", "data");
      case "auth" -> List.of("token");
      default -> List.of("t", "n");
    };
  }

  private String sane(String field) {
    return switch (field) {
      case "sub", "client" -> "\"w" + random.nextInt(5) + "\"";
      case "topics" ->
          List.of("[\"#\"]", "[\"app.wild\"]", "[\"app.*\",\"wx.#\"]").get(random.nextInt(3));
      case "mode" -> List.of("\"live\"", "\"durable\"", "\"shared\"").get(random.nextInt(3));
      case "cursor" ->
          List.of("\"first\"", "\"now\"", "\"k3f9:12\"", "\"k3f9:999999999999999999\"")
              .get(random.nextInt(4));
      case "cursors" -> "[\"k3f9:1\",\"k3f9:2\"]";
      case "topic" -> List.of("\"app.wild\"", "\"app.h\"", "\"wx.forged\"").get(random.nextInt(3));
      case "token" ->
          '"'
              + (random.nextBoolean()
                  ? gateway.token("acme", "wild")
                  : gateway.token("bolt", "wild"))
              + '"';
      case "serial", "window", "windowBytes", "ms", "t", "n" ->
          Integer.toString(random.nextInt(1000));
      case "seek", "forget" -> Boolean.toString(random.nextBoolean());
      default -> anything(0);
    };
  }

  private String anything(int depth) {
    return switch (random.nextInt(depth > 3 ? 12 : 15)) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> Long.toString(random.nextLong());
      case 3 -> "-" + "9".repeat(1 + random.nextInt(400));
      case 4 -> "1e" + random.nextInt(100_000);
      case 5 -> "0." + "1".repeat(random.nextInt(500));
      case 6 -> "\"\"";
      case 7 -> "\"" + "雁x ".repeat(random.nextInt(200)) + "\"";
      case 8 -> "\"\\ud800\"";
      case 9 -> "\"\\u0000\\n\\\"\\\\\"";
      case 10 -> "\"a..b.#.*.%\"";
      case 11 -> "\"\\u2028\\ufffe\\udfff\\ud83d\\ude00\"";
      case 12 -> "[" + anything(depth + 1) + "," + anything(depth + 1) + "]";
      case 13 -> "{\"a\":" + anything(depth + 1) + ",\"\\ud800\":" + anything(depth + 1) + "}";
      default -> {
        int deep = 1 + random.nextInt(1200);
        yield "{\"d\":".repeat(deep) + "1" + "}".repeat(deep);
      }
    };
  }

  private byte[] noise(int length) {
    byte[] out = new byte[length];
    random.nextBytes(out);
    return out;
  }
}

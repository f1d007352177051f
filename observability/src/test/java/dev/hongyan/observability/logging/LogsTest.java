package dev.hongyan.observability.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.hongyan.observability.logging.LogOptions.Format;
import dev.hongyan.observability.logging.LogOptions.Level;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LogsTest {
  private static final String OPENID = "oABC123defGHI456jklMNO789pq_";

  @Test
  void aJsonLineHoldsTheMessageAndTheNamedValues() {
    JsonObject line =
        json(
            log ->
                log.atInfo()
                    .addKeyValue("tenant", "acme")
                    .addKeyValue("request_id", "r-1")
                    .addKeyValue("trace_id", "0af7651916cd43dd8448eb211c80319c")
                    .addKeyValue("attempts", 3)
                    .log("delivered to {}", "crm"));

    assertThat(Instant.parse(line.getString("ts"))).isAfter(Instant.parse("2020-01-01T00:00:00Z"));
    assertThat(line.fieldNames())
        .containsExactly(
            "ts",
            "level",
            "logger",
            "thread",
            "msg",
            "tenant",
            "request_id",
            "trace_id",
            "attempts");
    assertThat(line.getString("level")).isEqualTo("info");
    assertThat(line.getString("logger")).isEqualTo("dev.hongyan.some.Where");
    assertThat(line.getString("thread")).isEqualTo(Thread.currentThread().getName());
    assertThat(line.getString("msg")).isEqualTo("delivered to crm");
    assertThat(line.getString("tenant")).isEqualTo("acme");
    assertThat(line.getInteger("attempts")).isEqualTo(3);
  }

  @Test
  void anErrorIsOneFieldOfTheSameLine() {
    JsonObject line =
        json(log -> log.error("broken", new IllegalStateException("access_token=abc is stale")));

    assertThat(line.getString("error"))
        .startsWith("java.lang.IllegalStateException: access_token=*** is stale\n")
        .contains("\tat dev.hongyan.observability.logging.LogsTest");
  }

  @Test
  void nothingThatIsLoggedBreaksTheLine() {
    String nasty = "a\"b\\c\nd\u2028e\u0000f\ud83d\ude00g\ud800h";

    JsonObject line =
        json(log -> log.atWarn().addKeyValue("msg", "mine").addKeyValue("n\"k", nasty).log(nasty));

    assertThat(line.getString("msg")).isEqualTo(nasty);
    assertThat(line.getString("msg_")).isEqualTo("mine");
    assertThat(line.getString("n\"k")).isEqualTo(nasty);
  }

  @Test
  void secretsAndUserIdsAreMaskedInMessageAndValues() {
    String out =
        out(
            Level.INFO,
            Format.JSON,
            log ->
                log.atInfo()
                    .addKeyValue("appsecret", 1234567890123L)
                    .addKeyValue("url", "/x?access_token=t0ken&y=1")
                    .log("from {}", OPENID));

    assertThat(out)
        .doesNotContain("1234567890123", "t0ken", OPENID)
        .contains("\"appsecret\":\"***\"", "\"url\":\"/x?access_token=***&y=1\"", "from ***");
  }

  @Test
  void theTextFormIsShortAndCannotBeForged() {
    String out =
        out(
            Level.INFO,
            Format.TEXT,
            log -> log.atInfo().addKeyValue("port", 8080).log("listening\nINFO fake \u001b[2J"));

    assertThat(out)
        .matches(
            "\\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO  Where  listening INFO fake \\?\\[2J  port=8080\n");
  }

  @Test
  void theLevelBindsOurClassesAndKeepsLibrariesQuiet() {
    assertThat(out(Level.WARN, Format.TEXT, log -> log.info("no"))).isEmpty();
    assertThat(out(Level.DEBUG, Format.TEXT, log -> log.debug("yes"))).contains("DEBUG");

    LoggerContext context = context();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Logs.apply(context, new LogOptions(Level.DEBUG, Format.TEXT, false, false), out);
    context.getLogger("io.netty.channel").info("no");
    context.getLogger("org.library").debug("no");
    context.stop();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void stoppingWritesWhatIsStillQueuedInOrder() {
    String out =
        out(
            Level.INFO,
            Format.TEXT,
            log -> {
              for (int i = 0; i < 5000; i++) {
                log.info("n {}", i);
              }
            });

    List<String> lines = out.lines().toList();
    assertThat(lines).hasSize(5000);
    assertThat(lines.get(4999)).endsWith("n 4999");
  }

  private static LoggerContext context() {
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    return context;
  }

  private static JsonObject json(Consumer<Logger> use) {
    String out = out(Level.INFO, Format.JSON, use);
    assertThat(out).endsWith("\n");
    assertThat(out.strip()).doesNotContain("\n", "\u2028");
    return new JsonObject(out);
  }

  private static String out(Level level, Format format, Consumer<Logger> use) {
    LoggerContext context = context();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Logs.apply(context, new LogOptions(level, format, false, false), out);
    use.accept(context.getLogger("dev.hongyan.some.Where"));
    context.stop();
    return out.toString(StandardCharsets.UTF_8);
  }
}

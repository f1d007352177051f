package dev.hongyan.router.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.observability.tracing.TraceHeader;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class EnvelopeWriterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final byte[] DATA = "{\"Content\":\"你好 👋\"}".getBytes(StandardCharsets.UTF_8);

  private final EnvelopeWriter writer = new EnvelopeWriter(new SplittableRandom(7)::nextLong);

  static Envelope envelope(
      @Nullable String account, String topic, @Nullable String subject, @Nullable String parent) {
    return new Envelope(
        42, "acme", account, topic, subject, 1_700_000_000_123L, "wx1", "640000000001", parent);
  }

  @Example
  void everyFieldStandsWhereTheDesignHasIt() {
    byte[] event =
        writer.write(
            new Envelope(
                7265,
                "acme",
                "shop",
                "wx.mp.message.text",
                "oABC",
                1_700_000_000_123L,
                "wx1",
                "64",
                PARENT),
            "{\"a\":1}".getBytes(StandardCharsets.UTF_8));
    assertThat(new String(event, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"specversion\":\"1.0\",\"id\":\"7265\",\"source\":\"/tenants/acme/accounts/shop\","
                + "\"type\":\"wx.mp.message.text\",\"subject\":\"oABC\","
                + "\"time\":\"2023-11-14T22:13:20.123Z\","
                + "\"datacontenttype\":\"application/json\",\"traceparent\":\""
                + PARENT
                + "\",\"tenant\":\"acme\",\"account\":\"shop\",\"wxappid\":\"wx1\","
                + "\"wxmsgid\":\"64\",\"data\":{\"a\":1}}");
  }

  @Example
  void whatIsAbsentIsLeftOut() throws IOException {
    byte[] event =
        writer.write(
            new Envelope(Long.MAX_VALUE, "acme", null, "app.x", "", 0, null, null, null),
            "null".getBytes(StandardCharsets.UTF_8));
    JsonNode json = JSON.readTree(event);
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    assertThat(names)
        .containsExactly(
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "datacontenttype",
            "traceparent",
            "tenant",
            "data");
    assertThat(json.get("id").asText()).isEqualTo("9223372036854775807");
    assertThat(json.get("source").asText()).isEqualTo("/tenants/acme");
    assertThat(json.get("time").asText()).isEqualTo("1970-01-01T00:00:00.000Z");
  }

  @Property(tries = 3000)
  void anyTextComesBackFromAJsonParser(@ForAll("texts") String text) throws IOException {
    JsonNode json =
        JSON.readTree(
            writer.write(new Envelope(1, "acme", text, text, text, 5, text, text, PARENT), DATA));
    for (String field : List.of("account", "type", "wxappid", "wxmsgid")) {
      assertThat(json.get(field).asText()).isEqualTo(text);
    }
    assertThat(json.get("subject") == null ? "" : json.get("subject").asText()).isEqualTo(text);
    assertThat(json.get("source").asText()).isEqualTo("/tenants/acme/accounts/" + text);
    assertThat(json.get("data")).isEqualTo(JSON.readTree(DATA));
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> awkward =
        Arbitraries.of(
            "\"",
            "\\",
            "\u0000",
            "\u001f",
            "\n",
            "\u007f",
            "\u0080",
            "é",
            "汉",
            "👋",
            "\u2028",
            "a",
            "/",
            "</script>",
            "\uffff");
    return Arbitraries.oneOf(
        awkward.list().ofMaxSize(12).map(l -> String.join("", l)),
        awkward.list().ofMinSize(500).ofMaxSize(3000).map(l -> String.join("", l)),
        Arbitraries.strings().ascii().ofMaxLength(40));
  }

  @Property(tries = 500)
  void theCloudEventsSdkReadsIt(
      @ForAll("subjects") String subject, @ForAll("times") long millis, @ForAll boolean account)
      throws IOException {
    byte[] bytes =
        writer.write(
            new Envelope(
                99,
                "acme",
                account ? "shop" : null,
                "wx.mp.event.SCAN.推广",
                subject,
                millis,
                "wx1",
                null,
                null),
            DATA);
    CloudEvent event = new JsonFormat().deserialize(bytes);
    assertThat(event.getSpecVersion().toString()).isEqualTo("1.0");
    assertThat(event.getId()).isEqualTo("99");
    assertThat(event.getSource().toString())
        .isEqualTo(account ? "/tenants/acme/accounts/shop" : "/tenants/acme");
    assertThat(event.getType()).isEqualTo("wx.mp.event.SCAN.推广");
    assertThat(event.getSubject()).isEqualTo(subject);
    assertThat(event.getTime())
        .isEqualTo(OffsetDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC));
    assertThat(event.getDataContentType()).isEqualTo("application/json");
    assertThat(event.getExtensionNames())
        .contains("traceparent", "tenant", "wxappid")
        .allMatch(n -> n.matches("[a-z0-9]{1,20}"));
    assertThat(JSON.readTree(Objects.requireNonNull(event.getData()).toBytes()))
        .isEqualTo(JSON.readTree(DATA));
  }

  @Provide
  Arbitrary<String> subjects() {
    return Arbitraries.of("o", "A", "_", "-", "9", "汉", "👋")
        .list()
        .ofMinSize(1)
        .ofMaxSize(28)
        .map(l -> String.join("", l));
  }

  @Provide
  Arbitrary<Long> times() {
    return Arbitraries.longs().between(0, 253_402_214_399_000L);
  }

  @Property(tries = 2000)
  void timeIsWhatTheJdkSaysWhateverDayCameBefore(@ForAll("times") long millis) throws IOException {
    for (long t : new long[] {millis, millis + 1, millis + 86_400_000, millis}) {
      byte[] bytes = writer.write(new Envelope(1, "a", null, "t", null, t, null, null, null), DATA);
      String time = JSON.readTree(bytes).get("time").asText();
      assertThat(time).hasSize(24);
      assertThat(Instant.parse(time)).isEqualTo(Instant.ofEpochMilli(t));
    }
  }

  @Example
  void theDayRollsOverAtMidnight() throws IOException {
    long midnight = Instant.parse("2028-02-29T00:00:00Z").toEpochMilli();
    List<String> times = new ArrayList<>();
    for (long t : new long[] {midnight - 1, midnight, midnight - 1}) {
      byte[] bytes = writer.write(new Envelope(1, "a", null, "t", null, t, null, null, null), DATA);
      times.add(JSON.readTree(bytes).get("time").asText());
    }
    assertThat(times)
        .containsExactly(
            "2028-02-28T23:59:59.999Z", "2028-02-29T00:00:00.000Z", "2028-02-28T23:59:59.999Z");
  }

  private String traceparent(@Nullable String given) throws IOException {
    return JSON.readTree(writer.write(envelope("shop", "t", "o", given), DATA))
        .get("traceparent")
        .asText();
  }

  @Example
  void aValidTraceparentIsTakenOverAndEverythingElseReplaced() throws IOException {
    assertThat(traceparent(PARENT)).isEqualTo(PARENT);
    assertThat(traceparent(PARENT.replace("-01", "-00"))).endsWith("-00");
    List<String> bad = new ArrayList<>();
    bad.add(null);
    bad.add("");
    bad.add(PARENT.substring(0, 54));
    bad.add(PARENT + "-x");
    bad.add("01" + PARENT.substring(2));
    bad.add(PARENT.toUpperCase(java.util.Locale.ROOT));
    bad.add(PARENT.replace('c', 'g'));
    bad.add("00-" + "0".repeat(32) + "-b7ad6b7169203331-01");
    bad.add("00-0af7651916cd43dd8448eb211c80319c-" + "0".repeat(16) + "-01");
    bad.add(PARENT.replace("-b7", "_b7"));
    for (String text : bad) {
      String made = traceparent(text);
      assertThat(made).as("instead of %s", text).isNotEqualTo(text);
      assertThat(TraceHeader.isValid(made)).isTrue();
      assertThat(made).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    }
  }

  @Example
  void madeTraceparentsAreValidEvenWhenRandomnessGivesZeroAndNeverTheSame() throws IOException {
    EnvelopeWriter zero = new EnvelopeWriter(() -> 0L);
    String made =
        JSON.readTree(zero.write(envelope(null, "t", null, null), DATA))
            .get("traceparent")
            .asText();
    assertThat(TraceHeader.isValid(made)).isTrue();
    assertThat(traceparent(null)).isNotEqualTo(traceparent(null));
  }

  @Example
  void aBigEventLeavesNothingBehindInTheNextOne() throws IOException {
    byte[] big = ("\"" + "x".repeat(900_000) + "\"").getBytes(StandardCharsets.UTF_8);
    assertThat(JSON.readTree(writer.write(envelope("s", "t", "o", null), big)).get("data").asText())
        .hasSize(900_000);
    assertThat(JSON.readTree(writer.write(envelope("s", "t", "o", null), DATA)).get("data"))
        .isEqualTo(JSON.readTree(DATA));
  }
}

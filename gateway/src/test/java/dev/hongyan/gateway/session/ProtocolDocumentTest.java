package dev.hongyan.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.gateway.testing.RawSocket;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.envelope.Snowflake;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/protocol}: says what the code says, its examples are served by a real server, and
 * what that says is as it is written.
 */
class ProtocolDocumentTest {
  private static final Path FOLDER = Path.of("../docs/protocol");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Problems that only HTTP tells: no session ends with them. */
  private static final Set<Problem> HTTP_ONLY =
      EnumSet.of(
          Problem.WECHAT_UNAVAILABLE,
          Problem.WECHAT_REFUSES,
          Problem.VALIDATION,
          Problem.NOT_FOUND,
          Problem.METHOD_NOT_ALLOWED,
          Problem.CONFLICT,
          Problem.QUOTA_EXCEEDED,
          Problem.PRECONDITION_FAILED,
          Problem.UNSUPPORTED_MEDIA_TYPE);

  /** Holes and drains have tests of their own. */
  private static final Set<String> ELSEWHERE = Set.of("gap", "goaway");

  private static JsonNode document;
  private static String page;
  private static JsonSchema schema;
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() throws IOException {
    document = new YAMLMapper().readTree(FOLDER.resolve("asyncapi.yaml").toFile());
    page = Files.readString(FOLDER.resolve("README.md"));
    schema = new JsonSchema(document);
    gateway =
        GatewayFixture.start(
            ShortLimits.of(
                Duration.ofSeconds(10),
                Duration.ofSeconds(15),
                Duration.ofSeconds(45),
                Duration.ofSeconds(60)),
            loop -> List.of());
    // The examples speak of this log: epoch k3f9, 1037 messages before.
    RedisFixture.await(gateway.tenants().create(new JsonObject().put("id", "doc")));
    Keys keys = Keys.of("doc");
    var unused = gateway.redis().send(Command.HSET, keys.head(), "epoch", "k3f9", "seq", "1037");
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static JsonNode message(String name) {
    return document.at("/components/messages/" + name);
  }

  private static boolean isPlanned(JsonNode node) {
    return node.path("x-status").asText().equals("planned");
  }

  private static List<String> messagesOf(String operation) {
    List<String> out = new ArrayList<>();
    for (JsonNode m : document.at("/operations/" + operation + "/messages")) {
      JsonNode inChannel = document.at(m.get("$ref").textValue().substring(1));
      String ref = inChannel.get("$ref").textValue();
      out.add(ref.substring(ref.lastIndexOf('/') + 1));
    }
    return out;
  }

  // ---- one catalogue ----

  @Test
  void theDocumentListsExactlyTheErrorCodesOfTheCodeWithTheirAdvice() {
    Map<String, String> documented = new TreeMap<>();
    for (JsonNode e : document.get("x-error-codes")) {
      documented.put(e.get("code").asText(), e.get("retry").asText());
    }
    Map<String, String> coded = new TreeMap<>();
    Set<String> names = new TreeSet<>();
    for (ClientError.Code c : ClientError.Code.values()) {
      coded.put(c.text, c.retry.name().toLowerCase(Locale.ROOT));
      names.add(c.text);
    }
    assertThat(documented).isEqualTo(coded);
    Set<String> inSchema = new TreeSet<>();
    message("error").at("/payload/properties/code/enum").forEach(c -> inSchema.add(c.asText()));
    assertThat(inSchema).isEqualTo(names);
    assertThat(rows("error codes")).isEqualTo(documented);
  }

  @Test
  void theDocumentListsExactlyTheCloseCodesOfTheCatalogueWithTheirAdvice() {
    Map<String, String> documented = new TreeMap<>();
    for (JsonNode c : document.get("x-close-codes")) {
      String retry = c.get("retry").asText();
      documented.put(c.get("code").asText(), retry);
      for (JsonNode name : c.path("problems")) {
        Problem problem =
            Arrays.stream(Problem.values())
                .filter(p -> p.code().equals(name.asText()))
                .findFirst()
                .orElseThrow();
        assertThat(problem.closeCode()).as("%s", name).isEqualTo(c.get("code").intValue());
        assertThat(problem.retry().name().toLowerCase(Locale.ROOT)).as("%s", name).isEqualTo(retry);
        assertThat(HTTP_ONLY).doesNotContain(problem);
      }
    }
    for (Problem p : Problem.values()) {
      if (!HTTP_ONLY.contains(p)) {
        assertThat(document.get("x-close-codes").findValuesAsText("code"))
            .contains(Integer.toString(p.closeCode()));
        assertThat(document.get("x-close-codes").toString()).contains('"' + p.code() + '"');
      }
    }
    assertThat(rows("close codes")).isEqualTo(documented);
  }

  /** The table under this heading of the page: first column to last column. */
  private static Map<String, String> rows(String heading) {
    int from = page.toLowerCase(Locale.ROOT).indexOf("# " + heading);
    assertThat(from).as("the heading %s", heading).isPositive();
    int to = page.indexOf("\n## ", from + 1);
    Map<String, String> out = new TreeMap<>();
    Matcher row =
        Pattern.compile("(?m)^\\| `?([a-z0-9-]+)`? \\|.*\\| (never|later|now) \\|$")
            .matcher(to < 0 ? page.substring(from) : page.substring(from, to));
    while (row.find()) {
      out.put(row.group(1), row.group(2));
    }
    return out;
  }

  @Test
  void thePageNamesEveryOpAndEveryFieldOfTheDocument() {
    for (String operation : List.of("fromClient", "toClient")) {
      for (String name : messagesOf(operation)) {
        JsonNode payload = message(name).get("payload");
        Set<String> fields = new TreeSet<>(names(payload.path("properties")));
        payload
            .path("allOf")
            .forEach(p -> fields.addAll(names(schema.resolve(p).get("properties"))));
        fields.remove("op");
        assertThat(page).contains("`" + payload.at("/properties/op/const").asText() + "`");
        for (String field : fields) {
          assertThat(page).as("%s of %s", field, name).contains("`" + field + "`");
        }
      }
    }
  }

  private static List<String> names(JsonNode object) {
    List<String> out = new ArrayList<>();
    object.fieldNames().forEachRemaining(out::add);
    return out;
  }

  @Test
  void defaultsAndLimitsAreThoseOfTheCode() {
    SessionLimits d = SessionLimits.DEFAULT;
    JsonNode sub = document.at("/components/schemas/subscription/properties");
    assertThat(sub.at("/window/default").intValue()).isEqualTo(d.windowMessages());
    assertThat(sub.at("/windowBytes/default").intValue()).isEqualTo(d.windowBytes());
    assertThat(sub.at("/window/description").asText()).contains("" + d.windowMessagesMax());
    assertThat(sub.at("/windowBytes/description").asText()).contains("" + d.windowBytesMax());
    assertThat(sub.at("/topics/maxItems").intValue()).isEqualTo(d.topics());
    JsonNode welcome = message("welcome").at("/payload/properties");
    assertThat(welcome.at("/beatMs/default").longValue()).isEqualTo(d.beat().toMillis());
    assertThat(welcome.at("/pingMs/default").longValue()).isEqualTo(d.ping().toMillis());
    assertThat(welcome.at("/deadMs/default").longValue()).isEqualTo(d.dead().toMillis());
    assertThat(welcome.at("/maxFrame/default").intValue()).isEqualTo(d.clientFrameBytes());
    assertThat(message("expiring").at("/payload/properties/inMs/maximum").longValue())
        .isEqualTo(d.expiringBefore().toMillis());
    assertThat(message("hello").get("summary").asText())
        .contains(d.helloWithin().toSeconds() + " s");
  }

  // ---- examples ----

  @Test
  void everyMessageHasExamplesThatKeepToItsSchema() {
    Set<String> all = new HashSet<>(messagesOf("fromClient"));
    all.addAll(messagesOf("toClient"));
    assertThat(all).hasSameElementsAs(names(document.at("/components/messages")));
    for (String name : all) {
      JsonNode message = message(name);
      assertThat(message.path("examples")).as(name).isNotEmpty();
      for (JsonNode example : message.get("examples")) {
        assertThat(schema.faults(message.get("payload"), example.get("payload")))
            .as(name)
            .isEmpty();
      }
    }
  }

  @Test
  void theServerTakesEveryExampleOfAClientAndSaysOnlyWhatIsDocumented() {
    Map<String, Integer> said = new HashMap<>();
    for (String name : messagesOf("fromClient")) {
      for (JsonNode example : message(name).get("examples")) {
        List<JsonNode> answers =
            walk(
                (ObjectNode) example.get("payload").deepCopy(),
                isPlanned(message(name)) ? "" : message(name).path("x-answer").asText());
        answers.forEach(a -> said.merge(checked(a), 1, Integer::sum));
        List<String> errors = new ArrayList<>();
        answers.stream()
            .filter(a -> a.get("op").asText().equals("error"))
            .forEach(a -> errors.add(a.get("code").asText()));
        if (isPlanned(message(name))) {
          assertThat(errors)
              .as("%s is served now: the document is old", name)
              .isNotEmpty()
              .allMatch(code -> code.equals("unknown-op") || code.equals("not-repliable"));
        } else {
          assertThat(errors).as("%s", example).isEmpty();
          String answer = message(name).path("x-answer").asText();
          if (!answer.isEmpty()) {
            assertThat(answers).as("%s", example).anyMatch(a -> checked(a).equals(answer));
          }
        }
      }
    }
    said.merge(checked(expiring()), 1, Integer::sum);
    said.merge(checked(error()), 1, Integer::sum);
    for (String name : messagesOf("toClient")) {
      if (!isPlanned(message(name)) && !ELSEWHERE.contains(name)) {
        assertThat(said).as("the walk sees each").containsKey(name);
      }
    }
  }

  @Test
  void plannedFieldsAreRefusedAsLongAsTheyArePlanned() {
    JsonNode publish = message("publish");
    for (String field : names(publish.at("/payload/properties"))) {
      if (isPlanned(publish.at("/payload/properties/" + field))) {
        ObjectNode line = publish.at("/examples/0/payload").deepCopy();
        line.put("serial", 99).put(field, 5);
        assertThat(walk(line, ""))
            .as("%s is served now: the document is old", field)
            .anyMatch(a -> a.path("code").asText().equals("bad-field"));
      }
    }
  }

  /** The name of the message that this line is; it keeps to its schema. */
  private static String checked(JsonNode line) {
    String op = line.get("op").asText();
    String name = op.equals("beat") ? "beatAnswer" : op;
    assertThat(messagesOf("toClient")).contains(name);
    assertThat(schema.faults(message(name).get("payload"), line)).as("%s", line).isEmpty();
    return name;
  }

  /** Says the example where it makes sense; gives all that the server says from then on. */
  private static List<JsonNode> walk(ObjectNode example, String answer) {
    String op = example.get("op").asText();
    String tenant = op.equals("reply") ? "acme" : "doc";
    try (RawSocket ws = RawSocket.withToken(gateway.port(), gateway.token(tenant, "u"))) {
      if (op.equals("reply")) {
        example.put("id", Long.toString(aPushThatIsToBeAnswered()));
      }
      if (!op.equals("hello")) {
        ws.hello("pos-7");
        String sub = example.path("sub").asText();
        if (!sub.isEmpty() && !op.equals("subscribe")) {
          prepare(ws, sub);
        }
      }
      if (example.path("token").asText().equals("<jwt>")) {
        example.put("token", gateway.token("doc", "u"));
      }
      ws.text(example.toString());
      List<JsonNode> out = new ArrayList<>();
      ws.text(
          "{\"op\":\"publish\",\"serial\":%d,\"topic\":\"app.walk\",\"data\":1}"
              .formatted(++serial));
      readTo(ws, out, "published", serial);
      ws.text("{\"op\":\"unsubscribe\",\"sub\":\"nobody\"}\n{\"op\":\"beat\",\"t\":1,\"n\":4242}");
      readTo(ws, out, "beat", 4242);
      String awaited = answer.equals("beatAnswer") ? "beat" : answer;
      while (!answer.isEmpty() && out.stream().noneMatch(a -> isAnswer(a, awaited))) {
        out.add(tree(ws.next())); // it waits for the store
      }
      out.removeIf(
          a ->
              a.path("code").asText().equals("no-such-subscription")
                  && "nobody".equals(checkedSub(a)));
      return out;
    }
  }

  private static int serial = 1_000_000;

  private static boolean isAnswer(JsonNode line, String op) {
    String said = line.get("op").asText();
    return said.equals(op) || (said.equals("error") && !line.path("sub").asText().equals("nobody"));
  }

  private static @Nullable String checkedSub(JsonNode line) {
    String unused = checked(line);
    return line.path("sub").asText();
  }

  private static void readTo(RawSocket ws, List<JsonNode> out, String op, int number) {
    while (true) {
      JsonNode line = tree(ws.next());
      out.add(line);
      if (line.get("op").asText().equals(op)
          && (line.path("serial").intValue() == number || line.path("n").intValue() == number)) {
        return;
      }
    }
  }

  private static JsonNode tree(JsonObject line) {
    try {
      return JSON.readTree(line.encode());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** It was pushed a while ago, so the answer need not wait for a try of WeChat. */
  private static long aPushThatIsToBeAnswered() {
    JsonObject account =
        new JsonObject().put("id", "shop").put("kind", "mp").put("appId", "wx1234567890abcdef");
    JsonObject route =
        new JsonObject()
            .put("match", "wx.mp.message.#")
            .put("to", new JsonObject().put("subscription", "desk"))
            .put("reply", new JsonObject().put("windows", 1));
    RedisFixture.await(gateway.tenants().createAccount("acme", account));
    RedisFixture.await(gateway.tenants().routing().createRoute("acme", route));
    long time = System.currentTimeMillis() - 10_000;
    long id = (time - Snowflake.EPOCH_MILLIS) << 22;
    byte[] event =
        new EnvelopeWriter(() -> 1)
            .write(
                new Envelope(
                    id,
                    "acme",
                    "shop",
                    "wx.mp.message.text",
                    "o1",
                    time,
                    "wx1234567890abcdef",
                    "7",
                    null),
                new byte[] {'1'});
    LogAppender log =
        new LogAppender(
            gateway.redis().link(),
            Clock.system(),
            () -> "k1",
            task -> gateway.redis().vertx().runOnContext(v -> task.run()),
            () -> false,
            entries -> {});
    var unused =
        RedisFixture.await(
            log.append(
                new NewMessage(
                    "acme",
                    new EntryHeader(id, "wx.mp.message.text", "o1", time, 0),
                    null,
                    null,
                    event)));
    return id;
  }

  /** A subscription to which k3f9:1042 was delivered. */
  private static void prepare(RawSocket ws, String sub) {
    String mode = sub.equals("work") ? "shared" : "durable";
    ws.text(
        "{\"op\":\"subscribe\",\"sub\":\"%s\",\"mode\":\"%s\",\"topics\":[\"app.#\"],\"cursor\":\"first\",\"seek\":true}"
            .formatted(sub, mode));
    ws.expect("subscribed");
    for (int i = 1; i <= 5; i++) {
      ws.text("{\"op\":\"publish\",\"serial\":%d,\"topic\":\"app.five\",\"data\":1}".formatted(i));
    }
    for (JsonObject line = ws.next(); ; line = ws.next()) {
      if ("k3f9:1042".equals(line.getString("cursor")) && line.getString("op").equals("msg")) {
        return;
      }
    }
  }

  private static JsonNode error() {
    try (RawSocket ws = RawSocket.withToken(gateway.port(), gateway.token("doc", "u"))) {
      ws.hello("wrong");
      ws.text("{\"op\":\"nonsense\"}");
      return tree(ws.expect("error"));
    }
  }

  private static JsonNode expiring() {
    String token =
        gateway.tokens().mint("doc", "u", List.of(), List.of(), Duration.ofSeconds(30)).reveal();
    try (RawSocket ws = RawSocket.withToken(gateway.port(), token)) {
      ws.hello("soon-over");
      return tree(ws.expect("expiring"));
    }
  }
}

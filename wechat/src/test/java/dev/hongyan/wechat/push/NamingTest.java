package dev.hongyan.wechat.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.Vectors;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.PushEncoder.EncodedPush;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Topics, users, de-duplication keys and data of decrypted documents. */
class NamingTest {
  private static final EncodingAesKey KEY = EncodingAesKey.parse("A".repeat(43));

  private final PushDecoder decoder = new PushDecoder();
  private final PushEncoder encoder = new PushEncoder();
  private int nonce;

  static Stream<Arguments> samples() {
    return Vectors.named(Vectors.file("plaintext-samples").get("samples"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("samples")
  void anAwkwardSampleIsReadAsExpected(String id, JsonNode sample) {
    Product product =
        id.startsWith("ma-")
            ? Product.MINI
            : id.startsWith("mp-")
                ? Product.MP
                : id.startsWith("open-") ? Product.OPEN : Product.WECOM;
    DecodedPush push = decode(product, sample.get("body").asText());
    JsonNode data = Vectors.json(push.data());

    sample
        .get("expected")
        .properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              switch (entry.getKey()) {
                case "event" -> {
                  assertThat(data.get("Event")).isEqualTo(value);
                  assertThat(push.topic())
                      .isEqualTo(product.topicPrefix() + ".event." + value.asText());
                }
                case "info_type" -> {
                  assertThat(data.get("InfoType")).isEqualTo(value);
                  assertThat(push.topic()).isEqualTo(product.topicPrefix() + "." + value.asText());
                }
                case "msg_type" ->
                    assertThat(push.topic())
                        .isEqualTo(product.topicPrefix() + ".message." + value.asText());
                case "create_time" -> {
                  assertThat(data.get("CreateTime").isNumber()).isTrue();
                  assertThat(data.get("CreateTime").asLong()).isEqualTo(value.asLong());
                  assertThat(push.createTime()).isEqualTo(value.asLong());
                }
                case "list" -> assertThat(data.findValue("List")).isEqualTo(value);
                case "msg_id" -> {
                  assertThat(data.get("MsgId")).isEqualTo(value);
                  assertThat(push.messageId()).isEqualTo(value.asText());
                }
                case "job_id" -> {
                  assertThat(data.get("MsgID")).isEqualTo(value);
                  assertThat(push.messageId()).isEqualTo(value.asText());
                }
                case "from_user" -> {
                  assertThat(data.has("FromUserName")).isFalse();
                  assertThat(push.subject()).isNull();
                }
                case "content" -> assertThat(data.get("Content")).isEqualTo(value);
                case "status" -> assertThat(data.get("Status")).isEqualTo(value);
                case "agent_id" -> assertThat(data.get("AgentID")).isEqualTo(value);
                case "component_appid" -> assertThat(data.get("AppId")).isEqualTo(value);
                case "suite_id" -> assertThat(data.get("SuiteId")).isEqualTo(value);
                case "open_kfid" -> assertThat(data.get("OpenKfId")).isEqualTo(value);
                case "ticket" ->
                    assertThat(
                            data.has("SuiteTicket")
                                ? data.get("SuiteTicket")
                                : data.get("ComponentVerifyTicket"))
                        .isEqualTo(value);
                case "note" -> {}
                default -> throw new AssertionError("not looked at: " + entry.getKey());
              }
            });
  }

  @ParameterizedTest
  @CsvSource({
    "MP,SCAN,promo_2024,wx.mp.event.SCAN.promo_2024",
    "MP,subscribe,qrscene_123,wx.mp.event.subscribe.123",
    "MP,subscribe,qrscene_,wx.mp.event.subscribe",
    "MP,subscribe,,wx.mp.event.subscribe",
    "MP,VIEW,http://a.b/c?d=1%2e,wx.mp.event.VIEW.http://a%2Eb/c?d=1%252e",
    "MP,CLICK,a*b#c d,wx.mp.event.CLICK.a%2Ab%23c%20d",
    "MP,CLICK,菜单\u3000一\u0085,wx.mp.event.CLICK.菜单%E3%80%80一%C2%85",
    "MINI,never_seen_before,,wx.mini.event.never_seen_before",
    "WECOM,click,k,wx.wecom.event.click.k"
  })
  void anEventIsNamedByItsKindAndKey(Product product, String event, String key, String topic) {
    String inner =
        event(event, "<EventKey><![CDATA[" + (key == null ? "" : key) + "]]></EventKey>");

    assertThat(decode(product, inner).topic()).isEqualTo(topic);
  }

  @Test
  void aChangeTypeIsTheNextWordAlsoOfANotice() {
    assertThat(
            decode(
                    Product.WECOM,
                    event("change_contact", "<ChangeType><![CDATA[create_user]]></ChangeType>"))
                .topic())
        .isEqualTo("wx.wecom.event.change_contact.create_user");
    assertThat(
            decode(
                    Product.WECOM,
                    "<xml><SuiteId>s</SuiteId><InfoType>change_contact</InfoType>"
                        + "<ChangeType>create_user</ChangeType></xml>")
                .topic())
        .isEqualTo("wx.wecom.change_contact.create_user");
  }

  @Test
  void anOverlongKeyIsCutInTheTopicBetweenCharactersAndWholeInTheData() {
    String key = "x".repeat(255) + "菜".repeat(50);

    DecodedPush push =
        decode(Product.MP, event("CLICK", "<EventKey><![CDATA[" + key + "]]></EventKey>"));

    assertThat(push.topic()).isEqualTo("wx.mp.event.CLICK." + "x".repeat(255));
    assertThat(Vectors.json(push.data()).get("EventKey").asText()).isEqualTo(key);
  }

  @Test
  void aBotsMessageAndEventAreNamedByTheirNestedFields() {
    String message =
        "{\"msgid\":\"m1\",\"aibotid\":\"b\",\"chattype\":\"single\",\"from\":{\"userid\":\"u1\"},"
            + "\"msgtype\":\"text\",\"text\":{\"content\":\"hi\"}}";
    String event =
        "{\"msgid\":\"m2\",\"create_time\":1700000000,\"aibotid\":\"b\","
            + "\"from\":{\"userid\":\"u1\"},\"msgtype\":\"event\","
            + "\"event\":{\"eventtype\":\"enter_chat\"}}";

    assertThat(decode(Product.WECOM, message).topic()).isEqualTo("wx.wecom.message.text");
    assertThat(decode(Product.WECOM, message).subject()).isEqualTo("u1");
    assertThat(decode(Product.WECOM, message).messageId()).isEqualTo("m1");
    assertThat(decode(Product.WECOM, message).replyContext().lowerCaseEnvelope()).isTrue();
    assertThat(decode(Product.WECOM, event).topic()).isEqualTo("wx.wecom.event.enter_chat");
    assertThat(decode(Product.WECOM, event).createTime()).isEqualTo(1700000000);
  }

  @Test
  void aBotsEventIsKnownByItsIdAndNotByTheAppsEventOfTheSameName() {
    String event =
        "{\"msgid\":\"%s\",\"aibotid\":\"b\",\"from\":{\"userid\":\"u1\"},\"msgtype\":\"event\","
            + "\"event\":{\"eventtype\":\"template_card_event\"},\"x\":\"%s\"}";

    assertThat(key(Product.WECOM, event.formatted("1", "a")))
        .isEqualTo(key(Product.WECOM, event.formatted("1", "b")))
        .isNotEqualTo(key(Product.WECOM, event.formatted("2", "a")));
  }

  @Test
  void everyPollOfABotsStreamIsItsOwn() {
    String poll =
        "{\"msgid\":\"m1\",\"aibotid\":\"b\",\"from\":{\"userid\":\"u1\"},\"msgtype\":\"stream\","
            + "\"stream\":{\"id\":\"s\"}}";

    assertThat(decode(Product.WECOM, poll).dedupeKey())
        .isNotEqualTo(decode(Product.WECOM, poll).dedupeKey());
  }

  @Test
  void aDocumentWithoutAnyDiscriminatorIsStillDelivered() {
    assertThat(decode(Product.MINI, "{\"action\":\"CheckContainerPath\"}").topic())
        .isEqualTo("wx.mini.unknown");
  }

  @Test
  void aRepeatHasTheSameKeyAndOtherPushesHaveOthers() {
    String first = message("u1", "42", "hello");

    assertThat(key(Product.MP, first)).isEqualTo(key(Product.MP, first)).matches("[\\w-]{24}");
    assertThat(key(Product.MP, first)).isNotEqualTo(key(Product.MP, message("u2", "42", "hello")));
    assertThat(key(Product.MP, first)).isNotEqualTo(key(Product.MP, message("u1", "43", "hello")));
    // Only id, user and time count, wherever they are known.
    assertThat(key(Product.MP, first)).isEqualTo(key(Product.MP, message("u1", "42", "bye")));
    // Without an id, all of the text counts.
    assertThat(key(Product.MP, message("u1", "", "hello")))
        .isNotEqualTo(key(Product.MP, message("u1", "", "bye")));
  }

  @Test
  void twoEventsOfOneUserInOneSecondAreTwo() {
    assertThat(key(Product.MP, event("LOCATION", "<Latitude>1</Latitude>")))
        .isNotEqualTo(key(Product.MP, event("CLICK", "<EventKey>k</EventKey>")));
    assertThat(key(Product.MP, event("CLICK", "<EventKey>k</EventKey>")))
        .isNotEqualTo(key(Product.MP, event("CLICK", "<EventKey>l</EventKey>")));
  }

  @Test
  void jobResultsAreKnownByTheirJobAlone() {
    assertThat(key(Product.MP, event("MASSSENDJOBFINISH", "<MsgID>1</MsgID><Status>a</Status>")))
        .isEqualTo(
            key(
                Product.MP,
                event("masssendjobfinish", "<MsgID>1</MsgID><Status>b</Status>")
                    .replace("masssendjobfinish", "MASSSENDJOBFINISH")))
        .isNotEqualTo(
            key(Product.MP, event("MASSSENDJOBFINISH", "<MsgID>2</MsgID><Status>a</Status>")));
  }

  @Test
  void mediaChecksOfOneSecondDifferByTraceId() {
    assertThat(key(Product.MINI, event("wxa_media_check", "<trace_id>1</trace_id>")))
        .isNotEqualTo(key(Product.MINI, event("wxa_media_check", "<trace_id>2</trace_id>")));
  }

  @Test
  void nestedIdsCountInXmlAndInTheJsonFormWithoutWrapper() {
    String wrapped =
        "<SubscribeMsgSentEvent><List><MsgID>1</MsgID></List><List><MsgID>%s</MsgID></List>"
            + "</SubscribeMsgSentEvent>";
    assertThat(key(Product.MP, event("subscribe_msg_sent_event", wrapped.formatted("2"))))
        .isNotEqualTo(key(Product.MP, event("subscribe_msg_sent_event", wrapped.formatted("3"))));

    String json =
        "{\"ToUserName\":\"gh\",\"FromUserName\":\"u\",\"CreateTime\":1,\"MsgType\":\"event\","
            + "\"Event\":\"subscribe_msg_sent_event\",\"List\":%s}";
    String one = json.formatted("{\"MsgID\":\"1\",\"ErrorCode\":\"%s\"}");
    assertThat(key(Product.MINI, one.formatted("0")))
        .isEqualTo(key(Product.MINI, one.formatted("1")))
        .isNotEqualTo(key(Product.MINI, json.formatted("[{\"MsgID\":\"2\"}]")));
  }

  @Test
  void eventsThatThePlatformCausesAreKnownByAllTheirText() {
    String event =
        "<xml><ToUserName>ww</ToUserName><FromUserName>sys</FromUserName>"
            + "<CreateTime>1</CreateTime><MsgType>event</MsgType>"
            + "<Event>customer_acquisition</Event><LinkId>%s</LinkId></xml>";

    assertThat(key(Product.WECOM, event.formatted("a")))
        .isNotEqualTo(key(Product.WECOM, event.formatted("b")));
  }

  private String key(Product product, String inner) {
    return decode(product, inner).dedupeKey();
  }

  private static String message(String user, String id, String content) {
    return "<xml><ToUserName>gh</ToUserName><FromUserName>"
        + user
        + "</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>"
        + content
        + "</Content><MsgId>"
        + id
        + "</MsgId></xml>";
  }

  private static String event(String event, String fields) {
    return "<xml><ToUserName>gh</ToUserName><FromUserName>u</FromUserName>"
        + "<CreateTime>1</CreateTime><MsgType>event</MsgType><Event>"
        + event
        + "</Event>"
        + fields
        + "</xml>";
  }

  private DecodedPush decode(Product product, String inner) {
    PushAccount account =
        PushAccount.builder(product, "wxapp", "token")
            .key(KEY)
            .receiveIds(List.of("wxapp"))
            .build();
    EncodedPush push =
        encoder.push(
            account, inner.getBytes(UTF_8), "u", 1_700_000_000, "n" + nonce++, new byte[16]);
    PushOutcome outcome =
        decoder.decode(account, PushQuery.parse(push.query()), push.body(), 1_700_000_000);
    assertThat(outcome).isInstanceOf(PushOutcome.Accepted.class);
    return ((PushOutcome.Accepted) outcome).push();
  }
}

package dev.hongyan.wechat.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.Vectors;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.PushEncoder.EncodedPush;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PushDecoderTest {
  private static final long NOW = 1_715_943_329;
  private static final EncodingAesKey KEY =
      EncodingAesKey.parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
  private static final EncodingAesKey OTHER_KEY = EncodingAesKey.parse("A".repeat(43));
  private static final byte[] RANDOM = "0123456789abcdef".getBytes(UTF_8);
  private static final String TEXT =
      "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>"
          + "<CreateTime>1715943329</CreateTime><MsgType><![CDATA[text]]></MsgType>"
          + "<Content><![CDATA[a < b & \"c\"]]></Content><MsgId>6972028683187026694</MsgId></xml>";

  private final PushDecoder decoder = new PushDecoder();
  private final PushEncoder encoder = new PushEncoder();

  @ParameterizedTest
  @EnumSource(SecurityMode.class)
  void whatWeChatSendsInAModeIsAcceptedByAnAccountInThatMode(SecurityMode mode) {
    PushAccount account = account(Product.MP, mode).build();

    DecodedPush push = accepted(send(account, TEXT, account));

    assertThat(push.topic()).isEqualTo("wx.mp.message.text");
    assertThat(push.subject()).isEqualTo("oUser");
    assertThat(push.toUserName()).isEqualTo("gh_1");
    assertThat(push.messageId()).isEqualTo("6972028683187026694");
    assertThat(push.createTime()).isEqualTo(1715943329);
    assertThat(new String(push.data(), UTF_8))
        .isEqualTo(
            "{\"ToUserName\":\"gh_1\",\"FromUserName\":\"oUser\",\"CreateTime\":1715943329,"
                + "\"MsgType\":\"text\",\"Content\":\"a < b & \\\"c\\\"\","
                + "\"MsgId\":\"6972028683187026694\"}");
    assertThat(push.replyContext().encrypted()).isEqualTo(mode != SecurityMode.PLAIN);
    assertThat(push.replyContext().nonce()).isEqualTo("n1");
  }

  @ParameterizedTest
  @CsvSource({"PLAIN,COMPATIBLE", "PLAIN,ENCRYPTED"})
  void aPlainPushToAnAccountThatEncryptsIsADowngrade(SecurityMode sent, SecurityMode configured) {
    assertThat(
            refused(
                send(
                    account(Product.MP, sent).build(),
                    TEXT,
                    account(Product.MP, configured).build())))
        .isEqualTo(Stage.MODE);
  }

  @Test
  void anEncryptedPushToAPlainAccountNeedsAKeyThere() {
    PushAccount sender = account(Product.MP, SecurityMode.ENCRYPTED).build();

    assertThat(
            accepted(send(sender, TEXT, account(Product.MP, SecurityMode.PLAIN).build()))
                .replyContext()
                .encrypted())
        .isTrue();
    assertThat(
            refused(send(sender, TEXT, account(Product.MP, SecurityMode.PLAIN).key(null).build())))
        .isEqualTo(Stage.MODE);
  }

  @Test
  void encryptTypeRawIsPlainWhateverElseTheQuerySays() {
    PushAccount account = account(Product.MP, SecurityMode.ENCRYPTED).build();
    EncodedPush push = encode(account, TEXT);
    String query = push.query().replace("encrypt_type=aes", "encrypt_type=raw");

    assertThat(refused(decoder.decode(account, PushQuery.parse(query), push.body(), NOW)))
        .isEqualTo(Stage.MODE);
    assertThat(
            refused(
                decoder.decode(
                    account, PushQuery.parse(query.replace("raw", "rot13")), push.body(), NOW)))
        .isEqualTo(Stage.QUERY);
  }

  @Test
  void theClearPartOfACompatiblePushIsNotBelieved() {
    PushAccount account = account(Product.MP, SecurityMode.COMPATIBLE).build();
    EncodedPush push = encode(account, TEXT);
    String forged = new String(push.body(), UTF_8).replace("oUser", "oEvil");

    DecodedPush decoded =
        accepted(decoder.decode(account, PushQuery.parse(push.query()), utf8(forged), NOW));

    assertThat(decoded.subject()).isEqualTo("oUser");
    assertThat(new String(decoded.data(), UTF_8)).doesNotContain("oEvil", "Encrypt");
  }

  @ParameterizedTest
  @CsvSource({"0,true", "300,true", "-300,true", "301,false", "-301,false"})
  void theClockWindowIsExact(long offset, boolean inside) {
    PushAccount account = account(Product.MP, SecurityMode.ENCRYPTED).build();
    EncodedPush push = encode(account, TEXT);

    PushOutcome outcome =
        decoder.decode(account, PushQuery.parse(push.query()), push.body(), NOW + offset);

    if (inside) {
      assertThat(outcome).isInstanceOf(PushOutcome.Accepted.class);
    } else {
      assertThat(refused(outcome)).isEqualTo(Stage.CLOCK);
    }
  }

  @Test
  void aClockWindowOfZeroIsNoCheck() {
    PushAccount account = account(Product.MP, SecurityMode.PLAIN).clockWindowSeconds(0).build();
    EncodedPush push = encode(account, TEXT);

    assertThat(decoder.decode(account, PushQuery.parse(push.query()), push.body(), 1))
        .isInstanceOf(PushOutcome.Accepted.class);
  }

  @Test
  void thePreviousTokenStillSignsAndIsTheOneToReplyWith() {
    PushAccount before = account(Product.MP, SecurityMode.ENCRYPTED).build();
    PushAccount after =
        PushAccount.builder(Product.MP, "wxapp", "newtoken")
            .previousToken("token")
            .key(KEY)
            .build();

    ReplyContext reply = accepted(send(before, TEXT, after)).replyContext();

    assertThat(reply.token()).isEqualTo("token");
    assertThat(reply.previousToken()).isTrue();
    assertThat(reply.previousKey()).isFalse();
  }

  @Test
  void whenNoKeyFitsTheFurthestFailureIsReported() {
    PushAccount sender = account(Product.MP, SecurityMode.ENCRYPTED).build();
    PushAccount receiver =
        PushAccount.builder(Product.MP, "wxother", "token").key(OTHER_KEY).previousKey(KEY).build();

    assertThat(refused(send(sender, TEXT, receiver))).isEqualTo(Stage.RECEIVE_ID);
  }

  @Test
  void theReceiveIdCheckCanBeSwitchedOffAndAnEmptyListAcceptsNone() {
    PushAccount sender = account(Product.MP, SecurityMode.ENCRYPTED).build();

    assertThat(
            send(
                sender,
                TEXT,
                PushAccount.builder(Product.MP, "wxother", "token")
                    .key(KEY)
                    .receiveIdChecked(false)
                    .build()))
        .isInstanceOf(PushOutcome.Accepted.class);
    assertThat(
            refused(
                send(
                    sender,
                    TEXT,
                    account(Product.MP, SecurityMode.ENCRYPTED).receiveIds(List.of()).build())))
        .isEqualTo(Stage.RECEIVE_ID);
  }

  @Test
  void aWeComPushIsEncryptedWhateverTheConfigurationSays() {
    PushAccount account = account(Product.WECOM, SecurityMode.PLAIN).build();
    EncodedPush plain = encode(account(Product.MP, SecurityMode.PLAIN).build(), TEXT);

    assertThat(account.mode()).isEqualTo(SecurityMode.ENCRYPTED);
    assertThat(accepted(send(account, TEXT, account)).topic()).isEqualTo("wx.wecom.message.text");
    assertThat(refused(decoder.decode(account, PushQuery.parse(plain.query()), plain.body(), NOW)))
        .isEqualTo(Stage.ENVELOPE);
  }

  @ParameterizedTest
  @EnumSource(
      value = Product.class,
      names = {"MP", "MINI", "OPEN", "WECOM"})
  void aVerificationAsWeChatSendsItIsEchoed(Product product) {
    PushAccount account = account(product, SecurityMode.ENCRYPTED).build();
    EncodedPush push = encoder.verification(account, "4375120948345356249", NOW, "n1", RANDOM);

    assertThat(decoder.verifyUrl(account, PushQuery.parse(push.query()), NOW + 999_999))
        .isEqualTo(new PushOutcome.Echo("4375120948345356249"));
    assertThat(
            decoder.verifyUrl(
                PushAccount.builder(product, "wxapp", "wrong").key(KEY).build(),
                PushQuery.parse(push.query()),
                NOW))
        .isEqualTo(new PushOutcome.Refused(Stage.SIGNATURE));
  }

  @Test
  void aSliceOfALargerArrayIsReadAsThatSliceOnly() {
    PushAccount account = account(Product.MP, SecurityMode.ENCRYPTED).build();
    EncodedPush push = encode(account, TEXT);
    byte[] large = new byte[push.body().length + 20];
    Arrays.fill(large, (byte) '<');
    System.arraycopy(push.body(), 0, large, 7, push.body().length);

    assertThat(
            decoder.decode(
                account, PushQuery.parse(push.query()), large, 7, push.body().length, NOW))
        .isInstanceOf(PushOutcome.Accepted.class);
  }

  @Test
  void aBodyOverOneMebibyteIsRefusedForItsSize() {
    PushAccount account = account(Product.MP, SecurityMode.ENCRYPTED).build();

    assertThat(
            refused(
                decoder.decode(
                    account,
                    PushQuery.parse(encode(account, TEXT).query()),
                    new byte[PushDecoder.BODY_BYTES_MAX + 1],
                    NOW)))
        .isEqualTo(Stage.SIZE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "timestamp=1715943329&nonce=n1",
        "timestamp=x&nonce=n1&signature=s",
        "timestamp=1715943329&nonce=&signature=s",
        "timestamp=1715943329&timestamp=1715943329&nonce=n1&signature=s",
        "timestamp=1715943329&nonce=n1&nonce=n1&signature=s",
        "timestamp=1715943329&nonce=%zz&signature=s",
        "timestamp=1715943329&nonce=n1&signature=s&signature=s"
      })
  void aQueryThatLacksRepeatsOrGarblesWhatIsNeededIsRefused(String query) {
    PushAccount account = account(Product.MP, SecurityMode.PLAIN).build();

    Stage stage = refused(decoder.decode(account, PushQuery.parse(query), utf8(TEXT), NOW));

    // A query that lacks nothing but the signature is simply not signed.
    assertThat(stage).isIn(Stage.QUERY, Stage.SIGNATURE);
    assertThat(stage == Stage.SIGNATURE).isEqualTo(query.equals("timestamp=1715943329&nonce=n1"));
  }

  @Test
  void anInnerDocumentThatIsNoneIsRefusedAfterAllOtherChecks() {
    PushAccount account = account(Product.MP, SecurityMode.PLAIN).build();

    assertThat(refused(send(account, "<xml><a></xml>", account))).isEqualTo(Stage.XML);
    assertThat(refused(send(account, "<xml>text</xml>", account))).isEqualTo(Stage.XML);
    assertThat(refused(send(account, "", account))).isEqualTo(Stage.XML);
    assertThat(refused(send(account, "{\"a\":1,\"a\":2}", account))).isEqualTo(Stage.JSON);
  }

  @Test
  void aJsonPushGetsAJsonContextAndKeepsItsNumbersAndIds() {
    PushAccount account = account(Product.MINI, SecurityMode.ENCRYPTED).build();
    String json =
        "{\"ToUserName\":\"gh_1\",\"FromUserName\":\"o\\u0055ser\",\"CreateTime\":\"1715943329\","
            + "\"MsgType\":\"text\",\"Content\":\"\\/\\n\",\"MsgId\":6972028683187026694}";

    DecodedPush push = accepted(send(account, json, account));

    assertThat(push.subject()).isEqualTo("oUser");
    assertThat(push.messageId()).isEqualTo("6972028683187026694");
    assertThat(push.replyContext().format()).isEqualTo(BodyFormat.JSON);
    assertThat(Vectors.json(push.data()).get("MsgId").isTextual()).isTrue();
    assertThat(Vectors.json(push.data()).get("CreateTime").isNumber()).isTrue();
    assertThat(Vectors.json(push.data()).get("Content").asText()).isEqualTo("/\n");
  }

  @Test
  void nothingThatCouldBePrintedShowsASecret() {
    PushAccount account = account(Product.MP, SecurityMode.ENCRYPTED).build();
    DecodedPush push = accepted(send(account, TEXT, account));

    assertThat(account + " " + push + " " + push.replyContext() + " " + KEY)
        .doesNotContain("token", "abcdefghijklmnop", "oUser");
  }

  private static PushAccount.Builder account(Product product, SecurityMode mode) {
    return PushAccount.builder(product, "wxapp", "token").key(KEY).mode(mode);
  }

  private EncodedPush encode(PushAccount account, String inner) {
    return encoder.push(account, utf8(inner), "oUser", NOW, "n1", RANDOM);
  }

  private PushOutcome send(PushAccount sender, String inner, PushAccount receiver) {
    EncodedPush push = encode(sender, inner);
    return decoder.decode(receiver, PushQuery.parse(push.query()), push.body(), NOW);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  private static DecodedPush accepted(PushOutcome outcome) {
    assertThat(outcome).isInstanceOf(PushOutcome.Accepted.class);
    return ((PushOutcome.Accepted) outcome).push();
  }

  private static Stage refused(PushOutcome outcome) {
    assertThat(outcome).isInstanceOf(PushOutcome.Refused.class);
    return ((PushOutcome.Refused) outcome).stage();
  }
}

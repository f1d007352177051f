package dev.hongyan.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.simulator.api.Limit;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.JsSdkSignature;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens and tickets over real HTTP, with time moved by hand. */
class ApiCredentialsTest {
  private static final String ASK = "/cgi-bin/token?grant_type=client_credential";
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(Product.MP);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  @Test
  void everyPlainTokenIsNewAndTheFormerLivesOnForFiveMinutes() throws Exception {
    JsonObject first = desk.askToken();
    String old = first.getString("access_token");
    String young = desk.askToken().getString("access_token");

    assertThat(first.getInteger("expires_in")).isBetween(7199, 7200);
    assertThat(young).isNotEqualTo(old);
    assertThat(desk.judge(old)).isZero();
    desk.api.advance(Duration.ofSeconds(301));
    assertThat(desk.judge(old)).isEqualTo(40001);
    assertThat(desk.judge(young)).isZero();
    desk.api.advance(Duration.ofSeconds(6900));
    assertThat(desk.judge(young)).isEqualTo(42001);
  }

  @Test
  void theStableTokenStaysTheSameUntilFiveMinutesBeforeItsEnd() throws Exception {
    String token = desk.token();
    desk.api.advance(Duration.ofSeconds(6000));
    JsonObject again = desk.askStable(false);
    assertThat(again.getString("access_token")).isEqualTo(token);
    assertThat(again.getInteger("expires_in")).isBetween(1190, 1200);

    desk.api.advance(Duration.ofSeconds(901));
    JsonObject renewed = desk.askStable(false);
    assertThat(renewed.getString("access_token")).isNotEqualTo(token);
    assertThat(renewed.getInteger("expires_in")).isBetween(7190, 7200);
    assertThat(desk.judge(token)).isZero();
    desk.api.advance(Duration.ofSeconds(300));
    assertThat(desk.judge(token)).isEqualTo(42001);
  }

  @Test
  void theTwoKindsOfTokensDoNotVoidEachOther() throws Exception {
    String stable = desk.token();
    String plain = desk.askToken().getString("access_token");
    assertThat(desk.askToken().containsKey("access_token")).isTrue();
    assertThat(desk.askStable(true).getString("access_token")).isNotEqualTo(stable);

    assertThat(desk.judge(stable)).isEqualTo(40001);
    assertThat(desk.judge(plain)).isZero();
  }

  @Test
  void forceVoidsAtOnceButOnlyEachThirtySecondsAndTwentyTimesADay() throws Exception {
    desk.api.advance(Duration.ofMillis(untilMidnightInChina()));
    String last = desk.token();
    for (int i = 0; i < 20; i++) {
      String forced = desk.askStable(true).getString("access_token");
      assertThat(forced).isNotEqualTo(last);
      assertThat(desk.judge(last)).isEqualTo(40001);
      assertThat(desk.askStable(true).getString("access_token")).isEqualTo(forced);
      desk.api.advance(Duration.ofSeconds(30));
      last = forced;
    }
    assertThat(desk.askStable(true).getInteger("errcode")).isEqualTo(45009);
    assertThat(desk.judge(last)).isZero();
    desk.api.advance(Duration.ofDays(1));
    assertThat(desk.askStable(true).getString("access_token")).isNotEmpty();
  }

  private long untilMidnightInChina() {
    long day = Duration.ofDays(1).toMillis();
    return day - (desk.api.nowMillis() + Duration.ofHours(8).toMillis()) % day;
  }

  @ParameterizedTest
  @CsvSource({
    "40002, &appid=x&secret=y",
    "40013, &grant_type2=&appid=wx0&secret=y",
    "41002, &secret=y",
    "41004, &appid=wx1111111111111111",
    "40125, &appid=wx1111111111111111&secret=wrong"
  })
  void wrongAskingIsAnsweredInWeChatsWords(int errcode, String rest) throws Exception {
    String start = errcode == 40002 ? "/cgi-bin/token?grant_type=password" : ASK;
    JsonObject answer = desk.get(start + rest);
    assertThat(answer.getInteger("errcode")).isEqualTo(errcode);
    assertThat(answer.getString("errmsg"))
        .matches("(invalid|appid|appsecret) .*rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}");
  }

  @Test
  void theStableTokenIsAskedForWithAPostOfJson() throws Exception {
    assertThat(desk.errcode("/cgi-bin/stable_token?appid=x")).isEqualTo(43002);
    assertThat(desk.errcode("/cgi-bin/stable_token", "")).isEqualTo(44002);
    assertThat(desk.errcode("/cgi-bin/stable_token", "{\"appid\":")).isEqualTo(47001);
    assertThat(desk.errcode("/cgi-bin/stable_token", "[1]")).isEqualTo(47001);
    assertThat(desk.errcode("/cgi-bin/token", "{}")).isEqualTo(43001);
  }

  @Test
  void anAddressThatIsNotListedIsNamedInTheError() throws Exception {
    desk.account.allowIps(Set.of("203.0.113.9"));
    JsonObject answer = desk.askToken();
    assertThat(answer.getInteger("errcode")).isEqualTo(40164);
    assertThat(answer.getString("errmsg"))
        .startsWith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ");
    desk.account.allowIps(Set.of("127.0.0.1"));
    assertThat(desk.askToken().containsKey("access_token")).isTrue();
  }

  @Test
  void wrongTokensAreToldApart() throws Exception {
    assertThat(desk.errcode("/cgi-bin/getcallbackip")).isEqualTo(41001);
    assertThat(desk.judge("nonsense")).isEqualTo(40014);
    assertThat(desk.judge(desk.token().replaceFirst("_...", "_aaa"))).isEqualTo(40001);
    String token = desk.token();
    desk.account.voidTokens();
    assertThat(desk.judge(token)).isEqualTo(40001);
    String next = desk.token();
    assertThat(next).isNotEqualTo(token);
    desk.account.expireTokens();
    assertThat(desk.judge(next)).isEqualTo(42001);
  }

  @Test
  void quotasEndAndAreResetTenTimesAMonth() throws Exception {
    String call = "/cgi-bin/getcallbackip?access_token=" + desk.token();
    String reset = "/cgi-bin/clear_quota?access_token=" + desk.token();
    String quota = "/cgi-bin/openapi/quota/get?access_token=" + desk.token();
    String mine = "{\"appid\":\"" + Desk.APP_ID + "\"}";
    desk.api.limit("/cgi-bin/getcallbackip", new Limit(3, Long.MAX_VALUE));
    for (int i = 0; i < 3; i++) {
      assertThat(desk.errcode(call)).isZero();
    }
    assertThat(desk.errcode(call)).isEqualTo(45009);
    assertThat(desk.post(quota, "{\"cgi_path\":\"/cgi-bin/getcallbackip\"}").getJsonObject("quota"))
        .isEqualTo(new JsonObject("{\"daily_limit\":3,\"used\":3,\"remain\":0}"));
    assertThat(desk.errcode(quota, "{\"cgi_path\":\"/nowhere\"}")).isEqualTo(76021);

    assertThat(desk.errcode(reset, "{\"appid\":\"wx0\"}")).isEqualTo(40013);
    assertThat(desk.errcode(reset, mine)).isZero();
    assertThat(desk.errcode(call)).isZero();
    for (int i = 0; i < 9; i++) {
      assertThat(desk.errcode(reset, mine)).isZero();
    }
    assertThat(desk.errcode(reset, mine)).isEqualTo(48006);
  }

  @Test
  void aMinuteQuotaOpensWithTheNextMinuteAndADayQuotaWithTheNextDay() throws Exception {
    desk.api.advance(Duration.ofMillis(60_000 - desk.api.nowMillis() % 60_000));
    String call = "/cgi-bin/getcallbackip?access_token=";
    desk.api.limit("/cgi-bin/getcallbackip", new Limit(2, 1));
    String token = desk.token();
    assertThat(desk.errcode(call + token)).isZero();
    assertThat(desk.errcode(call + token)).isEqualTo(45011);
    desk.api.advance(Duration.ofMinutes(1));
    assertThat(desk.errcode(call + token)).isZero();
    desk.api.advance(Duration.ofMinutes(1));
    assertThat(desk.errcode(call + token)).isEqualTo(45009);
    desk.api.advance(Duration.ofDays(1));
    assertThat(desk.errcode(call + desk.token())).isZero();
  }

  @Test
  void ticketsStayAndSignPages() throws Exception {
    String ask = "/cgi-bin/ticket/getticket?access_token=" + desk.token() + "&type=";
    JsonObject jsapi = desk.get(ask + "jsapi");
    assertThat(jsapi.getInteger("errcode")).isZero();
    assertThat(jsapi.getInteger("expires_in")).isBetween(7190, 7200);
    assertThat(desk.get(ask + "jsapi").getString("ticket")).isEqualTo(jsapi.getString("ticket"));
    assertThat(desk.get(ask + "wx_card").getString("ticket"))
        .isNotEqualTo(jsapi.getString("ticket"));
    assertThat(desk.errcode(ask + "other")).isEqualTo(40035);
    assertThat(JsSdkSignature.sign(jsapi.getString("ticket"), "n", 1, "http://localhost/"))
        .hasSize(40);
    desk.account.voidTickets();
    assertThat(desk.get(ask + "jsapi").getString("ticket")).isNotEqualTo(jsapi.getString("ticket"));
  }
}

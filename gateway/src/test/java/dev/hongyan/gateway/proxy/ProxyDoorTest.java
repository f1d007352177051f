package dev.hongyan.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.tenant.access.ApiKeys;
import dev.hongyan.wechat.crypto.JsSdkSignature;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProxyDoorTest {
  private static final String SHOP = "/wxapi/acme/shop";
  private static final String SEND = SHOP + "/cgi-bin/message/template/send";
  private static final String INFO = SHOP + "/cgi-bin/user/info?openid=o1";
  private static ProxyFixture fixture;
  private static FakeWeChatApi wechat;
  private static String key;

  @BeforeAll
  static void start() {
    fixture = new ProxyFixture();
    wechat = fixture.wechat;
    key = fixture.key("acme", "wxapi:*");
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @AfterEach
  void nothingOfOursEverWentOut() {
    for (FakeWeChatApi.Asked asked : wechat.asked()) {
      assertThat(asked.uri() + asked.body() + asked.headers()).doesNotContain("hyk_");
      assertThat(asked.headers())
          .doesNotContainKeys("authorization", "x-hongyan-priority", "cookie", "x-tenant-id");
    }
    fixture.ledger().cleared("acme", "shop");
  }

  @Test
  void aKeyAsBearerIsReplacedByTheRealToken() {
    HttpResponse<String> answer =
        fixture.get(INFO + "&access_token=whatever", "Authorization", "Bearer " + key);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("X-Hongyan-Error")).isEmpty();
    assertThat(ProxyFixture.json(answer).getString("openid")).isEqualTo("o1");
    FakeWeChatApi.Asked asked = last("/cgi-bin/user/info");
    assertThat(asked.uri())
        .contains("access_token=" + wechat.token("wxacme"))
        .contains("openid=o1");
    assertThat(asked.uri()).doesNotContain("whatever");
  }

  @Test
  void aStandInWorksLikeATokenAndIsNoneElsewhere() {
    String standIn = fixture.standIn("acme", key);

    assertThat(standIn).matches("[A-Za-z0-9_-]{20,512}").isNotEqualTo(wechat.token("wxacme"));
    assertThat(
            ProxyFixture.json(fixture.get(INFO + "&access_token=" + standIn)).getString("openid"))
        .isEqualTo("o1");
    HttpResponse<String> other =
        fixture.get("/wxapi/bolt/shop/cgi-bin/user/info?openid=o1&access_token=" + standIn);
    assertRefused(other, 200, 42001);
    assertRefused(fixture.get(INFO + "&access_token=" + standIn + "x"), 200, 42001);
    assertRefused(fixture.get(INFO + "&access_token=" + wechat.token("wxacme")), 200, 42001);
  }

  @Test
  void aTokenCallTakesTheKeyInQueryJsonFormOrHeader() {
    String token = SHOP + "/cgi-bin/token";
    String stable = SHOP + "/cgi-bin/stable_token";
    String json =
        new JsonObject()
            .put("grant_type", "client_credential")
            .put("appid", "wxacme")
            .put("secret", key)
            .encode();
    List<HttpResponse<String>> answers =
        List.of(
            fixture.get(token + "?grant_type=client_credential&appid=wxacme&secret=" + key),
            fixture.post(stable, json, "Content-Type", "application/json"),
            fixture.post(token, "grant_type=client_credential&appid=wxacme&secret=" + key),
            fixture.get(token, "Authorization", "Bearer " + key));
    for (HttpResponse<String> answer : answers) {
      assertThat(ProxyFixture.json(answer).getInteger("expires_in")).isEqualTo(7200);
      String standIn = ProxyFixture.json(answer).getString("access_token");
      assertThat(fixture.get(INFO + "&access_token=" + standIn).body()).contains("o1");
    }
    assertRefused(fixture.get(token), 401, 41001);
    assertRefused(fixture.get(token + "?secret=" + key + "0"), 200, 40125);
    assertRefused(fixture.get(token + "?appid=wxother&secret=" + key), 200, 40013);
    assertRefused(fixture.get(token + "?secret=" + fixture.key("bolt", "wxapi:*")), 200, 40125);
    assertRefused(
        fixture.get(token, "Authorization", "Bearer " + ProxyFixture.OPERATOR), 200, 40125);
  }

  @Test
  void aStandInEndsWithItsKey() {
    ApiKeys.Made made = fixture.made("acme", "wxapi:*");
    String standIn = fixture.standIn("acme", made.secret().reveal());
    assertThat(fixture.get(INFO + "&access_token=" + standIn).body()).contains("o1");

    HttpResponse<String> gone =
        fixture.send(
            HttpRequest.newBuilder(fixture.uri("/api/v1/tenants/acme/keys/" + made.key().id()))
                .header("Authorization", "Bearer " + ProxyFixture.OPERATOR)
                .DELETE());
    assertThat(gone.statusCode()).isEqualTo(204);

    GatewayFixture.eventually(
        () -> {
          HttpResponse<String> answer = fixture.get(INFO + "&access_token=" + standIn);
          return answer.headers().firstValue("X-Hongyan-Error").orElse("").equals("42001");
        });
  }

  @Test
  void whoeverGivesNothingIsToldSo() {
    HttpResponse<String> answer = fixture.get(INFO);
    assertRefused(answer, 401, 41001);
    assertRefused(fixture.get(INFO + "&access_token="), 401, 41001);
  }

  @Test
  void scopesAndTheAccountsListDecideOverPaths() {
    String some =
        fixture.key("acme", "wxapi:message/*", "wxapi:user/info", "wxapi:/wxa/business/*");
    String[] bearer = {"Authorization", "Bearer " + some};
    assertThat(fixture.post(SEND, "{}", bearer).body()).contains("msgid");
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    assertThat(fixture.get(SHOP + "/wxa/business/x", bearer).body()).contains("\"errcode\":0");
    assertRefused(fixture.get(SHOP + "/wxa/other", bearer), 200, 990003);
    assertRefused(fixture.get(SHOP + "/cgi-bin/menu/get", bearer), 200, 990003);
    assertRefused(fixture.get(SHOP + "/cgi-bin/user/infos", bearer), 200, 990003);
    String none = fixture.key("acme");
    assertRefused(fixture.get(INFO, "Authorization", "Bearer " + none), 200, 990003);

    fixture.account("acme", "narrow", "wxnarrow", FakeWeChatApi.SECRET);
    var unused =
        fixture
            .node
            .redis()
            .await(
                fixture
                    .node
                    .tenants()
                    .patchAccount(
                        "acme",
                        "narrow",
                        new JsonObject()
                            .put(
                                "apiPaths",
                                new JsonArray()
                                    .add("/cgi-bin/message/*")
                                    .add("/cgi-bin/user/info"))));
    String[] all = {"Authorization", "Bearer " + key};
    assertThat(fixture.get("/wxapi/acme/narrow/cgi-bin/user/info?openid=o1", all).body())
        .contains("o1");
    assertRefused(fixture.get("/wxapi/acme/narrow/cgi-bin/menu/get", all), 200, 990003);
  }

  @Test
  void aPathThatCouldBeReadInTwoWaysIsRefused() {
    String[] bearer = {"Authorization", "Bearer " + key};
    for (String path :
        List.of(
            "/cgi-bin/../sns/x",
            "/cgi-bin//menu",
            "/cgi-bin/%6denu/get",
            "/cgi-bin/.x",
            "/a/",
            "/")) {
      assertRefused(fixture.get(SHOP + path, bearer), 200, 990003);
    }
    assertRefused(fixture.get("/wxapi/acme", bearer), 200, 990003);
    assertRefused(fixture.get("/wxapi/acme/nobody/cgi-bin/menu/get", bearer), 200, 990003);
    assertRefused(fixture.get("/wxapi/bolt/shop/cgi-bin/menu/get", bearer), 200, 42001);
    assertRefused(fixture.get("/wxapi/nobody/shop/cgi-bin/menu/get", bearer), 200, 42001);
  }

  @Test
  void aUsersOwnTokenGoesOutAsItIsAndNothingOfOursWithIt() {
    String asked = "?access_token=" + FakeWeChatApi.USER_TOKEN + "&openid=o-ada&lang=zh_CN";
    HttpResponse<String> info = fixture.get(SHOP + "/sns/userinfo" + asked);
    assertThat(ProxyFixture.json(info).getString("nickname")).isEqualTo("阿达");
    assertThat(last("/sns/userinfo").uri()).isEqualTo("/sns/userinfo" + asked);
    HttpResponse<String> withKey =
        fixture.get(
            SHOP + "/sns/auth" + asked + "&secret=" + key + "&Secret=" + key,
            "Authorization",
            "Bearer " + key);
    assertThat(ProxyFixture.json(withKey).getInteger("errcode")).isZero();
    assertThat(last("/sns/auth").uri()).isEqualTo("/sns/auth" + asked);
    assertThat(last("/sns/auth").headers().toString()).doesNotContain(key);
    HttpResponse<String> refreshed =
        fixture.get(
            SHOP
                + "/sns/oauth2/refresh_token?appid=wxacme&grant_type=refresh_token"
                + "&refresh_token=refresh-of-ada");
    assertThat(ProxyFixture.json(refreshed).getString("openid")).isEqualTo("o-ada");
  }

  @Test
  void whatIsOursDoesNotGoOutInThePlaceOfAUsersToken() {
    String standIn = fixture.standIn("acme", key);
    for (String ours : List.of(standIn, key)) {
      assertRefused(fixture.get(SHOP + "/sns/userinfo?access_token=" + ours), 200, 42001);
      assertRefused(
          fixture.get(SHOP + "/sns/oauth2/refresh_token?refresh_token=" + ours), 200, 42001);
    }
    assertThat(wechat.asked("/sns/userinfo"))
        .noneMatch(a -> a.uri().contains(standIn) || a.uri().contains(key));
    String good = "access_token=" + FakeWeChatApi.USER_TOKEN;
    assertRefused(fixture.get(SHOP + "/sns/userinfo"), 401, 41001);
    assertRefused(fixture.get(SHOP + "/sns/userinfo?appid=wxother&" + good), 200, 40013);
    assertRefused(fixture.post(SHOP + "/sns/userinfo?" + good, "{}"), 200, 990003);
    assertRefused(fixture.get("/wxapi/acme/nobody/sns/userinfo?" + good), 200, 990003);
    assertRefused(fixture.get("/wxapi/nobody/shop/sns/userinfo?" + good), 200, 990003);
    String narrow = fixture.key("acme", "wxapi:message/*");
    assertRefused(
        fixture.get(SHOP + "/sns/userinfo?" + good, "Authorization", "Bearer " + narrow),
        200,
        990003);
  }

  @Test
  void aUsersTokenThatHasEndedVoidsNoneOfOurs() {
    String[] bearer = {"Authorization", "Bearer " + key};
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    int tokens = wechat.asked("/cgi-bin/stable_token").size();
    HttpResponse<String> ended = fixture.get(SHOP + "/sns/userinfo?access_token=ended&openid=o");
    assertThat(ProxyFixture.json(ended).getInteger("errcode")).isEqualTo(40001);
    assertThat(ended.headers().firstValue("X-Hongyan-Error")).isEmpty();
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    assertThat(wechat.asked("/cgi-bin/stable_token")).hasSize(tokens);
  }

  @Test
  void otherSpellingsOfATokenDoNotGoOutEither() {
    HttpResponse<String> good =
        fixture.get(
            INFO + "&access%5Ftoken=evil1&Access_Token=evil2&secret=evil3&a=b%20c",
            "Authorization",
            "Bearer " + key);
    assertThat(good.statusCode()).isEqualTo(200);
    assertThat(last("/cgi-bin/user/info").uri()).doesNotContain("evil").contains("a=b%20c");
  }

  @Test
  void aBodyGoesThroughByteForByteAndHeadersAreCleaned() {
    String body = "{\"touser\":\"o1\",\"data\":{\"k\":{\"value\":\"鸿雁 🪿\"}}}";
    HttpResponse<String> answer =
        fixture.post(
            SEND,
            body,
            "Authorization",
            "Bearer " + key,
            "Content-Type",
            "application/json; charset=utf-8",
            "Cookie",
            "a=b",
            "X-Tenant-ID",
            "acme",
            "X-Hongyan-Priority",
            "high",
            "Accept-Encoding",
            "gzip",
            "User-Agent",
            "an-sdk/1");
    assertThat(ProxyFixture.json(answer).getLong("msgid")).isEqualTo(200228332);
    FakeWeChatApi.Asked asked = last("/cgi-bin/message/template/send");
    assertThat(asked.body().toString()).isEqualTo(body);
    assertThat(asked.headers())
        .containsEntry("user-agent", "an-sdk/1")
        .containsEntry("content-type", "application/json; charset=utf-8")
        .doesNotContainKey("accept-encoding");
  }

  @Test
  void headersOfWeChatPassButNotThoseThatAreOursOrOfTheConnection() {
    wechat.next(
        "/cgi-bin/menu/get",
        r ->
            FakeWeChatApi.end(
                r.response()
                    .putHeader("x-hongyan-error", "990001")
                    .putHeader("set-cookie", "a=b")
                    .putHeader("logicret", "0"),
                "{\"menu\":1}"));
    HttpResponse<String> answer =
        fixture.get(SHOP + "/cgi-bin/menu/get", "Authorization", "Bearer " + key);
    assertThat(answer.headers().map()).containsKey("logicret");
    assertThat(answer.headers().map()).doesNotContainKeys("x-hongyan-error", "set-cookie");
  }

  @Test
  void aTokenThatWasVoidedElsewhereIsReplacedOnceForMany() {
    fixture.account("acme", "voided", "wxvoided", FakeWeChatApi.SECRET);
    String path = "/wxapi/acme/voided/cgi-bin/message/template/send";
    assertThat(fixture.post(path, "{}", "Authorization", "Bearer " + key).body()).contains("msgid");
    int before = wechat.handedOut();
    wechat.voidToken("wxvoided");

    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      calls.add(
          fixture.http.sendAsync(
              HttpRequest.newBuilder(fixture.uri(path))
                  .header("Authorization", "Bearer " + key)
                  .POST(HttpRequest.BodyPublishers.ofString("{\"n\":" + i + "}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> call : calls) {
      assertThat(call.join().body()).contains("msgid");
    }
    assertThat(wechat.handedOut() - before).isEqualTo(1);
  }

  @Test
  void manyCallersOnAColdCacheCostOneTokenCall() {
    fixture.account("acme", "cold", "wxcold", FakeWeChatApi.SECRET);
    int before = wechat.handedOut();
    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      calls.add(
          fixture.http.sendAsync(
              HttpRequest.newBuilder(fixture.uri("/wxapi/acme/cold/cgi-bin/user/info?openid=o" + i))
                  .header("Authorization", "Bearer " + key)
                  .build(),
              HttpResponse.BodyHandlers.ofString()));
    }
    for (int i = 0; i < calls.size(); i++) {
      assertThat(calls.get(i).join().body()).contains("\"o" + i + "\"");
    }
    assertThat(wechat.handedOut() - before).isEqualTo(1);
  }

  @Test
  void aTokenThatIsRefusedAgainAtOnceIsNotRefreshedInACircle() {
    fixture.account("acme", "circle", "wxcircle", FakeWeChatApi.SECRET);
    String stale = "{\"errcode\":42001,\"errmsg\":\"access_token expired\"}";
    wechat.nextJson(8, "/cgi-bin/getcallbackip", stale);
    int before = wechat.handedOut();
    for (int i = 0; i < 4; i++) {
      HttpResponse<String> answer =
          fixture.get("/wxapi/acme/circle/cgi-bin/getcallbackip", "Authorization", "Bearer " + key);
      assertThat(ProxyFixture.json(answer).getInteger("errcode")).isEqualTo(42001);
      assertThat(answer.headers().firstValue("X-Hongyan-Error")).isEmpty();
    }
    // The first one, and one for the refusal; later refusals find it replaced a moment ago.
    assertThat(wechat.handedOut() - before).isLessThanOrEqualTo(2);
    wechat.clear("/cgi-bin/getcallbackip");
  }

  @Test
  void mediaGoThroughBothWays() {
    Buffer picture = FakeWeChatApi.picture(3_000_000);
    HttpResponse<String> up =
        fixture.send(
            HttpRequest.newBuilder(fixture.uri(SHOP + "/cgi-bin/media/upload?type=image"))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "multipart/form-data; boundary=xyz")
                .POST(HttpRequest.BodyPublishers.ofByteArray(picture.getBytes())));
    assertThat(ProxyFixture.json(up).getString("media_id")).isEqualTo("m1");
    FakeWeChatApi.Asked asked = last("/cgi-bin/media/upload");
    assertThat(asked.body()).isEqualTo(picture);
    assertThat(asked.headers()).containsEntry("content-length", "3000000");

    HttpResponse<byte[]> down =
        fixture.send(
            HttpRequest.newBuilder(fixture.uri(SHOP + "/cgi-bin/media/get?media_id=m1"))
                .header("Authorization", "Bearer " + key),
            HttpResponse.BodyHandlers.ofByteArray());
    assertThat(Buffer.buffer(down.body())).isEqualTo(FakeWeChatApi.picture(300_000));
    assertThat(down.headers().firstValue("content-type")).contains("image/jpeg");
    assertThat(down.headers().firstValue("content-disposition")).isPresent();
  }

  @Test
  void aBodyOfUnknownLengthIsKeptIfItIsSmallAndStreamedIfNot() {
    for (int size : new int[] {10, 200_000, 2_000_000}) {
      byte[] bytes = FakeWeChatApi.picture(size).getBytes();
      HttpResponse<String> up =
          fixture.send(
              HttpRequest.newBuilder(fixture.uri(SHOP + "/cgi-bin/media/upload?type=image"))
                  .header("Authorization", "Bearer " + key)
                  .POST(
                      HttpRequest.BodyPublishers.ofInputStream(
                          () -> new ByteArrayInputStream(bytes))));
      assertThat(ProxyFixture.json(up).getString("media_id")).isEqualTo("m1");
      assertThat(last("/cgi-bin/media/upload").body().getBytes()).isEqualTo(bytes);
    }
  }

  @Test
  void aStreamedBodyIsNotRepeatedButTheNextCallHasTheNewToken() {
    fixture.account("acme", "stream", "wxstream", FakeWeChatApi.SECRET);
    String upload = "/wxapi/acme/stream/cgi-bin/media/upload?type=image";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(fixture.uri(upload))
            .header("Authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[1_000_000]));
    assertThat(fixture.send(request).body()).contains("m1");
    wechat.voidToken("wxstream");
    int before = wechat.asked("/cgi-bin/media/upload").size();

    assertThat(ProxyFixture.json(fixture.send(request)).getInteger("errcode")).isEqualTo(40001);
    assertThat(wechat.asked("/cgi-bin/media/upload").size() - before).isEqualTo(1);
    assertThat(fixture.send(request).body()).contains("m1");
  }

  @Test
  void aRedirectIsNotFollowedAndAPageIsNotPassedOn() {
    wechat.next(
        "/cgi-bin/menu/get",
        r -> {
          var unused =
              r.response()
                  .setStatusCode(302)
                  .putHeader("location", "http://elsewhere.example/?" + r.query())
                  .end();
        });
    HttpResponse<String> moved =
        fixture.get(SHOP + "/cgi-bin/menu/get", "Authorization", "Bearer " + key);
    assertRefused(moved, 200, 990004);
    assertThat(moved.headers().firstValue("location")).isEmpty();
    wechat.next(
        "/cgi-bin/menu/get",
        r -> {
          var unused =
              r.response()
                  .putHeader("content-type", "text/html")
                  .end("<html>cannot serve " + r.uri() + "</html>");
        });
    HttpResponse<String> page =
        fixture.get(SHOP + "/cgi-bin/menu/get", "Authorization", "Bearer " + key);
    assertRefused(page, 200, 990004);
    assertThat(page.body()).doesNotContain(wechat.token("wxacme"));
  }

  @Test
  void callsWithAppidAndSecretGetTheRealOnes() {
    HttpResponse<String> answer =
        fixture.get(SHOP + "/sns/jscode2session?appid=wxacme&secret=" + key + "&js_code=c");
    assertThat(ProxyFixture.json(answer).getString("openid")).isEqualTo("o1");
    assertThat(last("/sns/jscode2session").uri())
        .contains("appid=wxacme&")
        .contains("secret=" + FakeWeChatApi.SECRET)
        .contains("js_code=c")
        .doesNotContain("access_token");
  }

  @Test
  void aQuotaThatIsUsedUpIsHeldUntilItOpens() {
    String api = SHOP + "/cgi-bin/qrcode/create";
    String[] bearer = {"Authorization", "Bearer " + key};
    wechat.nextJson("/cgi-bin/qrcode/create", "{\"errcode\":45009,\"errmsg\":\"reach max\"}");
    assertThat(ProxyFixture.json(fixture.post(api, "{}", bearer)).getInteger("errcode"))
        .isEqualTo(45009);
    int before = wechat.asked("/cgi-bin/qrcode/create").size();
    assertRefused(fixture.post(api, "{}", bearer), 200, 990001);
    assertThat(wechat.asked("/cgi-bin/qrcode/create")).hasSize(before);
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");

    HttpResponse<String> quota =
        fixture.get(
            "/api/v1/tenants/acme/accounts/shop/quota",
            "Authorization",
            "Bearer " + ProxyFixture.OPERATOR);
    JsonObject item =
        ProxyFixture.json(quota).getJsonArray("items").stream()
            .map(JsonObject.class::cast)
            .filter(i -> i.getString("api").equals("/cgi-bin/qrcode/create"))
            .findFirst()
            .orElseThrow();
    assertThat(item.getJsonObject("held").getString("by")).isEqualTo("day");
    assertThat(item.getJsonObject("held").getString("until"))
        .isEqualTo(ProxyFixture.json(quota).getString("resetsAt"));
    assertThat(item.getString("limitSource")).isEqualTo("learned");

    assertThat(fixture.post(SHOP + "/cgi-bin/clear_quota", "{}", bearer).body()).contains("ok");
    assertThat(fixture.post(api, "{}", bearer).body()).contains("ok");
  }

  @Test
  void callsBeyondTheTenantsOwnLimitAreRefusedInWeChatsForm() {
    String[] bearer = {"Authorization", "Bearer " + key};
    JsonObject limit =
        new JsonObject().put("api", "wxapi.user").put("ratePerSecond", 0.01).put("burst", 2);
    quotas(new JsonObject().put("limits", new JsonArray().add(limit)));
    try {
      assertThat(fixture.get(INFO, bearer).headers().firstValue("ratelimit-policy"))
          .contains("\"wxapi.user\";q=2;w=200");
      assertThat(fixture.get(INFO, bearer).body()).contains("o1");
      int before = wechat.asked("/cgi-bin/user/info").size();
      HttpResponse<String> refused = fixture.get(INFO, bearer);
      assertRefused(refused, 200, 990001);
      assertThat(refused.headers().firstValueAsLong("retry-after").orElse(0)).isBetween(1L, 100L);
      assertThat(wechat.asked("/cgi-bin/user/info")).hasSize(before);
      assertThat(fixture.post(SHOP + "/cgi-bin/qrcode/create", "{}", bearer).body()).contains("ok");
    } finally {
      quotas(new JsonObject());
    }
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
  }

  private void quotas(JsonObject body) {
    fixture.node.redis().await(fixture.node.tenants().putQuota("acme", body));
  }

  @Test
  void busyCallsAreRepeatedOnlyWhereThatDoesNoHarm() {
    String[] bearer = {"Authorization", "Bearer " + key};
    String busy = "{\"errcode\":-1,\"errmsg\":\"system error\"}";
    wechat.nextJson("/cgi-bin/user/info", busy);
    assertThat(fixture.get(INFO, bearer).body()).contains("o1");
    wechat.nextJson("/cgi-bin/message/template/send", busy);
    int before = wechat.asked("/cgi-bin/message/template/send").size();
    assertThat(ProxyFixture.json(fixture.post(SEND, "{}", bearer)).getInteger("errcode"))
        .isEqualTo(-1);
    assertThat(wechat.asked("/cgi-bin/message/template/send").size() - before).isEqualTo(1);
  }

  @Test
  void wrongSettingsAreToldInWeChatsWords() {
    fixture.account("acme", "wrong", "wxwrong", "not-the-secret");
    HttpResponse<String> answer = fixture.get("/wxapi/acme/wrong/cgi-bin/token?secret=" + key);
    assertThat(ProxyFixture.json(answer).getInteger("errcode")).isEqualTo(40125);
    assertThat(answer.body()).doesNotContain("not-the-secret");
  }

  @Test
  void theAdminApiReadsAndDropsTokensAndSignsPages() {
    String account = "/api/v1/tenants/acme/accounts/shop";
    String[] reads = {"Authorization", "Bearer " + fixture.key("acme", "token:read")};
    assertThat(ProxyFixture.json(fixture.get(account + "/token", reads)).getString("accessToken"))
        .isEqualTo(wechat.token("wxacme"));
    assertThat(fixture.get(account + "/token", "Authorization", "Bearer " + key).statusCode())
        .isEqualTo(403);
    String[] operator = {"Authorization", "Bearer " + ProxyFixture.OPERATOR};
    int before = wechat.handedOut();
    String old = wechat.token("wxacme");
    HttpResponse<String> dropped =
        fixture.send(
            HttpRequest.newBuilder(fixture.uri(account + "/token")).headers(operator).DELETE());
    assertThat(dropped.statusCode()).isEqualTo(204);
    assertThat(wechat.handedOut() - before).isEqualTo(1);
    assertThat(ProxyFixture.json(fixture.get(account + "/token", reads)).getString("accessToken"))
        .isEqualTo(wechat.token("wxacme"))
        .isNotEqualTo(old);
    JsonObject signed =
        ProxyFixture.json(
            fixture.get(
                account + "/jsapi-signature?url=https%3A%2F%2Fshop.example%2Fa%23b", operator));
    assertThat(signed.getString("appId")).isEqualTo("wxacme");
    assertThat(signed.getString("url")).isEqualTo("https://shop.example/a");
    assertThat(signed.getString("signature"))
        .isEqualTo(
            JsSdkSignature.sign(
                "ticket-jsapi", "nonce", signed.getLong("timestamp"), "https://shop.example/a"));
  }

  @Test
  void nothingSecretIsInTheMetrics() {
    HttpResponse<String> unused = fixture.get(INFO, "Authorization", "Bearer " + key);
    String metrics =
        new String(fixture.node.metrics().scrape("text/plain"), StandardCharsets.UTF_8);
    assertThat(metrics)
        .contains("hongyan_wxapi_calls_total{family=\"user\"}")
        .doesNotContain("realtoken_", "hyk_", FakeWeChatApi.SECRET, "wxacme");
  }

  private static FakeWeChatApi.Asked last(String path) {
    List<FakeWeChatApi.Asked> all = wechat.asked(path);
    return all.get(all.size() - 1);
  }

  private static void assertRefused(HttpResponse<String> answer, int status, int errcode) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("X-Hongyan-Error")).contains(Integer.toString(errcode));
    assertThat(ProxyFixture.json(answer).getInteger("errcode")).isEqualTo(errcode);
    assertThat(ProxyFixture.json(answer).getString("errmsg")).contains("rid: ");
  }
}

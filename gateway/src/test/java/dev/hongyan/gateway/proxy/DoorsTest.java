package dev.hongyan.gateway.proxy;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.gateway.testing.RawSocket;
import dev.hongyan.gateway.testing.WsClient;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The wall at the doors beside the admin API: proxy, streams, WebSocket. */
class DoorsTest {
  private static final String OURS = "Sec-WebSocket-Protocol: hongyan.v1";
  private static ProxyFixture fixture;
  private static HttpServer idp;
  private static RSAKey key;

  /** What the issuer waits for before it shows its keys. */
  private static volatile Promise<Void> gate = Promise.promise();

  private static final Promise<Void> slowAsked = Promise.promise();

  @BeforeAll
  static void start() throws Exception {
    key = new RSAKeyGenerator(2048).keyID("r1").generate();
    fixture = new ProxyFixture();
    String document = new JWKSet(key).toPublicJWKSet().toString();
    idp =
        await(
            fixture
                .node
                .redis()
                .vertx()
                .createHttpServer()
                .requestHandler(
                    request -> {
                      if ("/slow".equals(request.path())) {
                        slowAsked.tryComplete();
                      }
                      gate.future().onSuccess(v -> request.response().end(document));
                    })
                .listen(0, "127.0.0.1"));
    gate.complete();
    for (String tenant : List.of("acme", "bolt")) {
      issuer(tenant, "idp", "/" + tenant);
    }
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  private static void issuer(String tenant, String id, String path) {
    JsonObject issuer =
        new JsonObject()
            .put("id", id)
            .put("issuer", "https://" + id)
            .put("jwksUrl", "http://127.0.0.1:" + idp.actualPort() + path);
    assertThat(await(fixture.node.tenants().access().createIssuer(tenant, issuer)).id())
        .isEqualTo(id);
  }

  private static String jwt(String tenant, UnaryOperator<JWTClaimsSet.Builder> with)
      throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build(),
            with.apply(
                    new JWTClaimsSet.Builder()
                        .issuer("https://idp")
                        .audience("hongyan:" + tenant)
                        .subject("ann")
                        .jwtID(UUID.randomUUID().toString())
                        .expirationTime(new Date(System.currentTimeMillis() + 600_000)))
                .build());
    jwt.sign(new RSASSASigner(key));
    return jwt.serialize();
  }

  private static HttpResponse<String> info(String tenant, String token, String... headers) {
    String[] all = new String[headers.length + 2];
    all[0] = "Authorization";
    all[1] = "Bearer " + token;
    System.arraycopy(headers, 0, all, 2, headers.length);
    return fixture.get("/wxapi/" + tenant + "/shop/cgi-bin/user/info?openid=o1", all);
  }

  /** All that a caller sees, but for the name of the request. */
  private static String seen(HttpResponse<String> answer) {
    return answer.statusCode()
        + answer.headers().firstValue("x-hongyan-error").orElse("")
        + answer.body().replaceAll("rid: [^\"]*", "");
  }

  // ---- proxy ----

  @Test
  void theProxyTakesTokensWithAScope() throws Exception {
    HttpResponse<String> answer = info("acme", jwt("acme", c -> c.claim("scope", "wxapi:user/*")));
    assertThat(answer.body()).contains("o1");
    assertThat(info("acme", jwt("acme", c -> c.claim("scope", "wxapi:menu/*"))).body())
        .contains("990003");
    assertThat(info("acme", jwt("acme", c -> c.claim("role", "admin"))).body()).contains("o1");
  }

  @Test
  void atTheProxyAnotherTenantIsOneThatIsNotThere() throws Exception {
    String ofKey = fixture.key("acme", "wxapi:*");
    String ofIssuer = jwt("acme", c -> c.claim("role", "admin"));
    for (String token : List.of(ofKey, ofIssuer)) {
      HttpResponse<String> foreign = info("bolt", token);
      assertThat(seen(foreign)).isEqualTo(seen(info("nobody", token))).doesNotContain("o1");
    }
    String standIn = fixture.standIn("acme", ofKey);
    String with = "/shop/cgi-bin/user/info?openid=o1&access_token=" + standIn;
    assertThat(seen(fixture.get("/wxapi/bolt" + with)))
        .isEqualTo(seen(fixture.get("/wxapi/nobody" + with)))
        .contains("42001");
    String token = "/shop/cgi-bin/token?grant_type=client_credential&secret=" + ofKey;
    assertThat(seen(fixture.get("/wxapi/bolt" + token)))
        .isEqualTo(seen(fixture.get("/wxapi/nobody" + token)))
        .contains("40125");
    // And no account is told from another.
    assertThat(seen(fixture.get("/wxapi/bolt" + token.replace("/shop/", "/none/"))))
        .isEqualTo(seen(fixture.get("/wxapi/bolt" + token)));
  }

  @Test
  void atTheProxyPathHeaderAndTokenMustAgree() throws Exception {
    String ofKey = fixture.key("acme", "wxapi:*");
    HttpResponse<String> header = info("acme", ofKey, "X-Tenant-ID", "bolt");
    assertThat(header.statusCode()).isEqualTo(403);
    assertThat(header.body()).contains("990003");
    assertThat(seen(header)).isEqualTo(seen(info("acme", ofKey, "X-Tenant-ID", "nobody")));
    assertThat(info("acme", ofKey, "X-Tenant-ID", "acme").body()).contains("o1");
    HttpResponse<String> token = info("bolt", jwt("acme", c -> c.claim("role", "admin")));
    assertThat(token.statusCode()).isEqualTo(403);
  }

  @Test
  void theProxyRefusesTokensForAnotherAudience() throws Exception {
    String wrong = jwt("acme", c -> c.audience("other").claim("tenant", "acme"));
    assertThat(info("acme", wrong).body()).contains("42001");
  }

  // ---- streams ----

  private static HttpResponse<String> poll(String tenant, String query, String token) {
    return fixture.get(
        "/api/v1/tenants/" + tenant + "/poll?waitMs=0&sub=s-" + UUID.randomUUID() + query,
        "Authorization",
        "Bearer " + token);
  }

  @Test
  void streamsGiveWhatATokensTopicsGrant() throws Exception {
    String some = jwt("acme", c -> c.claim("topics", List.of("app.a.#")));
    assertThat(poll("acme", "&topics=app.a.b", some).statusCode()).isIn(200, 204);
    assertThat(poll("acme", "&topics=app.b", some).statusCode()).isEqualTo(403);
    assertThat(poll("acme", "", jwt("acme", c -> c)).statusCode()).isEqualTo(403);
    String reviewer = jwt("acme", c -> c.claim("role", "reviewer"));
    assertThat(poll("acme", "&topics=app.b", reviewer).statusCode()).isIn(200, 204);
    String scoped = fixture.key("acme", "topics:app.a.#");
    assertThat(poll("acme", "&topics=app.a.b", scoped).statusCode()).isIn(200, 204);
    assertThat(poll("acme", "&topics=app.b", scoped).statusCode()).isEqualTo(403);
    assertThat(poll("acme", "", fixture.key("acme", "tenant:read")).statusCode()).isEqualTo(403);
  }

  // ---- WebSocket ----

  private static JsonObject hello(String token) {
    return new JsonObject().put("op", "hello").put("client", "c").put("token", token);
  }

  @Test
  void aWebSocketTakesATokenOfTheTenantsIssuerWithItsTopics() throws Exception {
    String token =
        jwt("acme", c -> c.claim("topics", List.of("app.#")).claim("publish", List.of("app.x")));
    try (WsClient ws = fixture.node.open(null)) {
      var unused = ws.send(hello(token));
      assertThat(ws.expect("welcome")).isNotNull();
      var subscribed = ws.subscribe("s", "live", null, "app.#");
      assertThat(ws.expect("subscribed").getString("sub")).isEqualTo("s");
      var forbidden = ws.subscribe("t", "live", null, "wx.#");
      assertThat(ws.expect("error").getString("code")).isEqualTo("forbidden-topic");
      JsonObject publish =
          new JsonObject()
              .put("op", "publish")
              .put("serial", 1)
              .put("topic", "app.y")
              .put("data", 1);
      var no = ws.send(publish);
      assertThat(ws.expect("error").getString("code")).isEqualTo("forbidden-topic");
      var yes = ws.send(publish.copy().put("topic", "app.x").put("serial", 2));
      assertThat(ws.expect("published").getInteger("serial")).isEqualTo(2);
    }
  }

  @Test
  void whatAClientSaysWhileTheIssuersKeysAreFetchedIsHeardAfterwards() throws Exception {
    gate = Promise.promise();
    issuer("acme", "slow", "/slow");
    String token = jwt("acme", c -> c.issuer("https://slow").claim("topics", List.of("app.#")));
    try (WsClient ws = fixture.node.open(null)) {
      var said = ws.send(hello(token));
      var asked = ws.subscribe("s", "live", null, "app.#");
      await(slowAsked.future()); // and it waits
      gate.complete();
      assertThat(ws.expect("welcome")).isNotNull();
      assertThat(ws.expect("subscribed").getString("sub")).isEqualTo("s");
    }
  }

  @Test
  void badTokensAreAllToldAlike() throws Exception {
    for (String bad :
        List.of(
            jwt("acme", c -> c.audience("other").claim("tenant", "acme")),
            jwt("acme", c -> c.issuer("https://other")),
            jwt("nobody", c -> c),
            jwt("acme", c -> c.expirationTime(new Date(0))),
            "not a token")) {
      try (WsClient ws = fixture.node.open(null)) {
        var unused = ws.send(hello(bad));
        assertThat(ws.closeCode()).isEqualTo(4401);
        assertThat(ws.closeReason()).isEqualTo("The key is not valid");
      }
    }
  }

  @Test
  void aHandshakeThatNamesTwoTenantsIsRefused() throws Exception {
    String token = jwt("acme", c -> c.claim("topics", new JsonArray().add("app.#").getList()));
    for (String named : List.of("bolt", "nobody")) {
      try (RawSocket ws =
          RawSocket.open(
              fixture.node.port(),
              OURS,
              "Authorization: Bearer " + token,
              "X-Tenant-ID: " + named)) {
        assertThat(ws.status()).isEqualTo(403);
      }
    }
    try (RawSocket ws =
        RawSocket.open(
            fixture.node.port(), OURS, "Authorization: Bearer " + token, "X-Tenant-ID: acme")) {
      assertThat(ws.status()).isEqualTo(101);
    }
  }
}

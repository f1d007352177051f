package dev.hongyan.tenant.issuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Role;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class IssuedTokenTest {
  static final long NOW = 1_800_000_000_000L;
  static final String SECRET = "a secret of 32 bytes at the least";
  static RSAKey rsa;
  static RSAKey otherRsa;
  static ECKey ec;

  @BeforeAll
  static void keys() throws Exception {
    rsa = new RSAKeyGenerator(2048).keyID("r1").generate();
    otherRsa = new RSAKeyGenerator(2048).keyID("r1").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
  }

  static JsonObject json(JWK... keys) {
    JsonArray list = new JsonArray();
    for (JWK key : keys) {
      list.add(new JsonObject(key.toPublicJWK().toJSONString()));
    }
    return new JsonObject().put("id", "idp").put("issuer", "https://idp").put("keys", list);
  }

  static final JsonObject SHARED =
      new JsonObject().put("id", "idp").put("issuer", "https://idp").put("secret", SECRET);

  static Issuer issuer(JsonObject json) {
    return IssuerJson.read("acme", json);
  }

  static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer("https://idp")
        .audience("hongyan:acme")
        .subject("ann")
        .expirationTime(new Date(NOW + 60_000));
  }

  static String sign(JWSHeader header, JWSSigner signer, JWTClaimsSet claims) throws Exception {
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(signer);
    return jwt.serialize();
  }

  static String rs256(RSAKey key, JWTClaimsSet claims) throws Exception {
    return sign(
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(),
        new RSASSASigner(key),
        claims);
  }

  static String hs256(byte[] secret, JWTClaimsSet claims) throws Exception {
    return sign(new JWSHeader(JWSAlgorithm.HS256), new MACSigner(secret), claims);
  }

  static Caller.Bearer check(String token, Issuer issuer) {
    return check(token, issuer, NOW);
  }

  static Caller.Bearer check(String token, Issuer issuer, long now) {
    IssuedToken parsed = IssuedToken.parse(token);
    return parsed == null ? null : parsed.check(issuer, null, now);
  }

  @Test
  void tokensOfAllThreeAlgorithmsAreTaken() throws Exception {
    JWTClaimsSet claims = claims().build();
    assertThat(check(rs256(rsa, claims), issuer(json(rsa, ec)))).isNotNull();
    String es256 =
        sign(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("e1").build(),
            new ECDSASigner(ec),
            claims);
    assertThat(check(es256, issuer(json(rsa, ec)))).isNotNull();
    String hs256 = hs256(SECRET.getBytes(StandardCharsets.UTF_8), claims);
    assertThat(check(hs256, issuer(SHARED))).isNotNull();
  }

  @Test
  void itsClaimsSayWhoItIsAndWhatForWhereverTheyAre() throws Exception {
    JsonObject json =
        json(rsa)
            .put("claims", new JsonObject().put("role", "realm_access.roles").put("scopes", "scp"));
    Caller.Bearer holder =
        check(
            rs256(
                rsa,
                claims()
                    .claim("realm_access", Map.of("roles", List.of("x", "guest", "reviewer")))
                    .claim("scp", List.of("wxapi:*", "openid", "keys:write"))
                    .claim("topics", List.of("wx.#"))
                    .claim("publish", List.of("app.#"))
                    .build()),
            issuer(json));
    assertThat(holder.tenant()).isEqualTo("acme");
    assertThat(holder.subject()).isEqualTo("ann");
    assertThat(holder.role()).isEqualTo(Role.REVIEWER);
    assertThat(holder.scopes()).containsExactly("wxapi:*"); // the others are none of ours
    assertThat(holder.topics()).containsExactly("wx.#");
    assertThat(holder.publish()).containsExactly("app.#");
    assertThat(holder.name()).isEqualTo("jwt:idp:ann");
  }

  @Test
  void withoutAClaimTheIssuersDefaultRoleCountsAndAnUnknownRoleIsNone() throws Exception {
    Issuer withDefault = issuer(json(rsa).put("defaultRole", "guest"));
    assertThat(check(rs256(rsa, claims().build()), withDefault).role()).isEqualTo(Role.GUEST);
    assertThat(check(rs256(rsa, claims().claim("role", "king").build()), withDefault).role())
        .isNull();
    assertThat(check(rs256(rsa, claims().build()), issuer(json(rsa))).role()).isNull();
  }

  @Test
  void everyTokenWithAWrongClaimIsRefused() throws Exception {
    Issuer issuer = issuer(json(rsa));
    Map<String, UnaryOperator<JWTClaimsSet.Builder>> wrong =
        Map.of(
            "no iss", c -> c.issuer(null),
            "another iss", c -> c.issuer("https://other"),
            "no aud", c -> c.audience((String) null),
            "another aud", c -> c.audience("other").claim("tenant", "acme"),
            "no exp", c -> c.expirationTime(null),
            "past", c -> c.expirationTime(new Date(NOW - 60_000)),
            "to come", c -> c.notBeforeTime(new Date(NOW + 61_000)),
            "no sub", c -> c.subject(null),
            "made later", c -> c.issueTime(new Date(NOW + 61_000)),
            "two tenants", c -> c.claim("tenant", "bolt"));
    for (var each : wrong.entrySet()) {
      String token = rs256(rsa, each.getValue().apply(claims()).build());
      assertThat(check(token, issuer)).as(each.getKey()).isNull();
    }
    assertThat(check(rs256(rsa, claims().build()), issuer)).isNotNull();
  }

  @Test
  void clocksMayDifferByAMinute() throws Exception {
    Issuer issuer = issuer(json(rsa));
    String token = rs256(rsa, claims().notBeforeTime(new Date(NOW)).build());
    assertThat(check(token, issuer, NOW - 60_000)).isNotNull();
    assertThat(check(token, issuer, NOW - 60_001)).isNull();
    assertThat(check(token, issuer, NOW + 119_000)).isNotNull();
    assertThat(check(token, issuer, NOW + 120_000)).isNull();
  }

  @Test
  void aTokenThatIsNotSignedByTheIssuerIsRefused() throws Exception {
    Issuer issuer = issuer(json(rsa));
    JWTClaimsSet claims = claims().build();
    assertThat(check(rs256(otherRsa, claims), issuer)).isNull();
    assertThat(check(new PlainJWT(claims).serialize(), issuer)).isNull();
    String good = rs256(rsa, claims);
    assertThat(check(good.substring(0, good.lastIndexOf('.') + 1), issuer)).isNull();
    assertThat(check("", issuer)).isNull();
    assertThat(check("a.b.c", issuer)).isNull();
    assertThat(check("x".repeat(100_000), issuer)).isNull();
  }

  @Test
  void aPublicKeyIsNeverTakenForASharedSecret() throws Exception {
    JWTClaimsSet claims = claims().build();
    for (byte[] secret :
        List.of(
            rsa.toRSAPublicKey().getEncoded(),
            rsa.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
            rsa.getModulus().decode())) {
      assertThat(check(hs256(secret, claims), issuer(json(rsa)))).isNull();
    }
    // And one who shares a secret does not get by with a key that comes along in the token.
    String brought =
        sign(
            new JWSHeader.Builder(JWSAlgorithm.RS256).jwk(otherRsa.toPublicJWK()).build(),
            new RSASSASigner(otherRsa),
            claims);
    assertThat(check(brought, issuer(SHARED))).isNull();
    assertThat(check(brought, issuer(json(rsa)))).isNull();
  }

  @Test
  void anAlgorithmThatTheTenantDoesNotNameIsRefused() throws Exception {
    String token = rs256(rsa, claims().build());
    Issuer onlyEc = issuer(json(rsa, ec).put("algorithms", new JsonArray().add("ES256")));
    assertThat(check(token, onlyEc)).isNull();
    assertThat(check(token, issuer(json(rsa, ec)))).isNotNull();
  }

  @Test
  void aTokenForAnotherUseIsRefused() throws Exception {
    String logout =
        sign(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("r1")
                .type(new JOSEObjectType("logout+jwt"))
                .build(),
            new RSASSASigner(rsa),
            claims().build());
    assertThat(check(logout, issuer(json(rsa)))).isNull();
  }

  @Test
  void theTenantIsNamedByTheAudienceOrByAClaim() throws Exception {
    assertThat(IssuedToken.parse(rs256(rsa, claims().build())).tenant()).isEqualTo("acme");
    JWTClaimsSet byClaim = claims().audience("api").claim("tenant", "acme").build();
    assertThat(IssuedToken.parse(rs256(rsa, byClaim)).tenant()).isEqualTo("acme");
    assertThat(IssuedToken.parse(rs256(rsa, claims().audience("api").build()))).isNull();
    JWTClaimsSet two = claims().audience(List.of("hongyan:acme", "hongyan:bolt")).build();
    assertThat(IssuedToken.parse(rs256(rsa, two))).isNull();
    JWTClaimsSet noId = claims().audience("api").claim("tenant", "NO ID").build();
    assertThat(IssuedToken.parse(rs256(rsa, noId))).isNull();
  }

  @Test
  void anIssuerThatMakesNoSenseIsNotTaken() throws Exception {
    RSAKey weak = new RSAKeyGenerator(1024, true).generate();
    JsonObject privateKey = new JsonObject(rsa.toJSONString());
    for (JsonObject wrong :
        List.of(
            json(rsa).put("secret", SECRET),
            json(rsa).putNull("keys"),
            json(rsa).put("algorithms", new JsonArray().add("HS256")),
            SHARED.copy().put("algorithms", new JsonArray().add("RS256")),
            SHARED.copy().put("algorithms", new JsonArray().add("none")),
            SHARED.copy().put("secret", "short"),
            json(weak),
            json(rsa).put("keys", new JsonArray().add(privateKey)),
            json(rsa).putNull("keys").put("jwksUrl", "ftp://x"),
            json(rsa).putNull("keys").put("jwksUrl", "https://user@x/"),
            json(rsa).put("defaultRole", "king"),
            json(rsa).put("more", true))) {
      assertThatThrownBy(() -> issuer(wrong))
          .as(wrong.encode())
          .isInstanceOf(ProblemException.class)
          .hasMessageNotContaining(SECRET);
    }
  }

  @Test
  void theSecretIsInNoText() {
    Issuer issuer = issuer(SHARED);
    assertThat(issuer.toString()).doesNotContain(SECRET);
    assertThat(IssuerJson.open(issuer).encode()).doesNotContain(SECRET);
  }
}

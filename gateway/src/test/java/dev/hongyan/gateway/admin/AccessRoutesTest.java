package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.assertProblem;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.Date;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AccessRoutesTest {
  static AdminNode node;
  static RSAKey key;

  @BeforeAll
  static void open() throws Exception {
    node = AdminNode.start();
    key = new RSAKeyGenerator(2048).keyID("r1").generate();
  }

  @AfterAll
  static void close() {
    node.close();
  }

  static HttpResponse<String> call(String method, String path, String key, JsonObject body)
      throws Exception {
    return node.call(method, TENANTS + "/" + path, key, body);
  }

  static JsonObject idp() {
    return new JsonObject()
        .put("id", "idp")
        .put("issuer", "https://idp.example")
        .put("keys", new JsonArray().add(new JsonObject(key.toPublicJWK().toJSONString())));
  }

  static String tenantWithIdp() throws Exception {
    String tenant = node.tenant();
    assertThat(call("POST", tenant + "/issuers", OPERATOR, idp()).statusCode()).isEqualTo(201);
    return tenant;
  }

  static String jwt(String tenant, UnaryOperator<JWTClaimsSet.Builder> with) throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build(),
            with.apply(
                    new JWTClaimsSet.Builder()
                        .issuer("https://idp.example")
                        .audience("hongyan:" + tenant)
                        .subject("ann")
                        .expirationTime(new Date(System.currentTimeMillis() + 600_000)))
                .build());
    jwt.sign(new RSASSASigner(key));
    return jwt.serialize();
  }

  static String jwt(String tenant, String role) throws Exception {
    return jwt(tenant, claims -> claims.claim("role", role));
  }

  @Test
  void aTokenOfTheTenantsIssuerIsAsGoodAsAKeyOfItsRole() throws Exception {
    String tenant = tenantWithIdp();
    assertThat(call("GET", tenant, jwt(tenant, "guest"), null).statusCode()).isEqualTo(200);
    assertProblem(call("GET", tenant + "/keys", jwt(tenant, "guest"), null), 403, "forbidden");
    assertThat(call("GET", tenant + "/keys", jwt(tenant, "admin"), null).statusCode())
        .isEqualTo(200);
    assertProblem(call("GET", tenant, jwt(tenant, "king"), null), 403, "forbidden");
    String scoped = jwt(tenant, claims -> claims.claim("scope", "tenant:read keys:write"));
    assertThat(call("GET", tenant, scoped, null).statusCode()).isEqualTo(200);
    JsonObject newKey = new JsonObject().put("role", "admin");
    assertProblem(call("POST", tenant + "/keys", scoped, newKey), 403, "forbidden");
    JsonObject list = json(node.call("GET", TENANTS, jwt(tenant, "guest"), null));
    assertThat(list.getJsonArray("items").getJsonObject(0).getString("id")).isEqualTo(tenant);
    assertThat(list.getJsonArray("items")).hasSize(1);
  }

  @Test
  void aTenantsIssuerVouchesForNobodyElse() throws Exception {
    String own = tenantWithIdp();
    String other = node.tenant();
    // It names the other tenant, whose configuration knows no such issuer.
    assertProblem(call("GET", other, jwt(other, "admin"), null), 401, "unauthenticated");
    String both = jwt(own, claims -> claims.claim("tenant", other).claim("role", "admin"));
    assertProblem(call("GET", other, both, null), 401, "unauthenticated");
    // It is its own tenant's, on the path of another and of one that is not there.
    HttpResponse<String> foreign = call("GET", other, jwt(own, "admin"), null);
    assertProblem(foreign, 403, "tenant-mismatch");
    HttpResponse<String> missing = call("GET", "nobody", jwt(own, "admin"), null);
    assertThat(WallTest.withoutId(foreign)).isEqualTo(WallTest.withoutId(missing));
  }

  @Test
  void anIssuerThatIsGoneIsNotBelieved() throws Exception {
    String tenant = tenantWithIdp();
    String token = jwt(tenant, "admin");
    assertThat(call("GET", tenant, token, null).statusCode()).isEqualTo(200);
    assertThat(call("DELETE", tenant + "/issuers/idp", OPERATOR, null).statusCode()).isEqualTo(204);
    assertProblem(call("GET", tenant, token, null), 401, "unauthenticated");
  }

  @Test
  void aSharedSecretIsNeverShown() throws Exception {
    String tenant = node.tenant();
    String secret = "a secret of 32 bytes at the least";
    JsonObject body = idp().put("secret", secret);
    body.remove("keys");
    assertThat(call("POST", tenant + "/issuers", OPERATOR, body).body()).doesNotContain(secret);
    assertThat(call("GET", tenant + "/issuers/idp", OPERATOR, null).body())
        .contains("HS256")
        .doesNotContain(secret);
    assertThat(call("GET", tenant + "/issuers", OPERATOR, null).body()).doesNotContain(secret);
    JsonObject audience = new JsonObject().put("audience", "api");
    assertThat(call("PATCH", tenant + "/issuers/idp", OPERATOR, audience).body())
        .contains("\"audience\":\"api\"")
        .doesNotContain(secret);
  }

  @Test
  void aKeyIsReadAndRotated() throws Exception {
    String tenant = node.tenant();
    JsonObject made =
        json(
            call(
                "POST",
                tenant + "/keys",
                OPERATOR,
                new JsonObject().put("role", "guest").put("name", "till")));
    String at = tenant + "/keys/" + made.getString("id");
    assertThat(json(call("GET", at, OPERATOR, null)).getString("name")).isEqualTo("till");
    JsonObject rotated =
        json(call("POST", at + "/rotate", OPERATOR, new JsonObject().put("overlapSeconds", 3600)));
    assertThat(rotated.getString("id")).isEqualTo(made.getString("id"));
    assertThat(rotated.getString("previousEndsAt")).isNotNull();
    for (JsonObject each : List.of(made, rotated)) {
      assertThat(call("GET", tenant, each.getString("secret"), null).statusCode()).isEqualTo(200);
    }
    JsonObject again =
        json(call("POST", at + "/rotate", OPERATOR, new JsonObject().put("overlapSeconds", 0)));
    for (JsonObject each : List.of(made, rotated)) {
      assertProblem(call("GET", tenant, each.getString("secret"), null), 401, "unauthenticated");
    }
    assertThat(call("GET", tenant, again.getString("secret"), null).statusCode()).isEqualTo(200);
    JsonObject wrong = new JsonObject().put("overlapSeconds", -1);
    assertProblem(call("POST", at + "/rotate", OPERATOR, wrong), 400, "validation");
    assertProblem(
        call("POST", tenant + "/keys/none/rotate", OPERATOR, new JsonObject()), 404, "not-found");
  }

  @Test
  void aRoleIsWhatItsTenantMakesOfIt() throws Exception {
    String tenant = node.tenant();
    String guest = node.key(tenant, "guest");
    String admin = node.key(tenant, "admin");
    JsonObject body = new JsonObject().put("permissions", new JsonArray().add("keys:read"));
    assertProblem(call("PUT", tenant + "/roles/guest", guest, body), 403, "forbidden");
    JsonObject before = json(call("GET", tenant + "/roles/guest", guest, null));
    assertThat(before.getBoolean("builtIn")).isTrue();
    assertThat(before.getJsonArray("permissions")).contains("tenant:read", "roles:read");
    assertThat(call("PUT", tenant + "/roles/guest", admin, body).statusCode()).isEqualTo(200);
    assertThat(call("GET", tenant + "/keys", guest, null).statusCode()).isEqualTo(200);
    assertProblem(call("GET", tenant, guest, null), 403, "forbidden");
    assertThat(call("DELETE", tenant + "/roles/guest", admin, null).statusCode()).isEqualTo(204);
    assertProblem(call("GET", tenant + "/keys", guest, null), 403, "forbidden");
    assertThat(call("GET", tenant, guest, null).statusCode()).isEqualTo(200);
  }

  @Test
  void aRoleIsRolledOutToAPartOfItsKeysAndTakenBack() throws Exception {
    String tenant = node.tenant();
    String guest = node.key(tenant, "guest");
    JsonObject none = new JsonObject().put("permissions", new JsonArray());
    String role = tenant + "/roles/guest";
    JsonObject at0 = json(call("PUT", role, OPERATOR, none.copy().put("percent", 0)));
    assertThat(at0.getJsonObject("rollout").getInteger("percent")).isZero();
    assertThat(at0.getBoolean("builtIn")).isTrue();
    assertThat(call("GET", tenant, guest, null).statusCode()).isEqualTo(200);
    boolean reached = false;
    for (int percent = 1; percent < 100; percent += 14) {
      var put = call("PUT", role, OPERATOR, none.copy().put("percent", percent));
      assertThat(put.statusCode()).isEqualTo(200);
      int status = call("GET", tenant, guest, null).statusCode();
      assertThat(status).isIn(200, 403);
      assertThat(reached && status == 200).as("stays with whom it has reached").isFalse();
      reached = status == 403;
    }
    assertThat(call("PUT", role, OPERATOR, none).statusCode()).isEqualTo(200);
    assertProblem(call("GET", tenant, guest, null), 403, "forbidden");
    assertThat(call("DELETE", role, OPERATOR, null).statusCode()).isEqualTo(204);
    assertThat(call("GET", tenant, guest, null).statusCode()).isEqualTo(200);
  }

  @Test
  void nobodyGivesWhatIsNotThereOrForAdminsOnly() throws Exception {
    String tenant = node.tenant();
    for (String wrong : List.of("keys:write", "issuers:write", "moon:read", "everything")) {
      JsonObject body = new JsonObject().put("permissions", new JsonArray().add(wrong));
      assertProblem(call("PUT", tenant + "/roles/guest", OPERATOR, body), 400, "validation");
    }
    JsonObject none = new JsonObject().put("permissions", new JsonArray());
    assertProblem(call("PUT", tenant + "/roles/admin", OPERATOR, none), 400, "validation");
    assertProblem(call("PUT", tenant + "/roles/king", OPERATOR, none), 404, "not-found");
  }

  @Test
  void wrongKeysAreToldWithNothingOfTheKey() throws Exception {
    String tenant = node.tenant();
    String wrong = "hyk_" + tenant + "_" + "0123456789abcdef".repeat(4);
    assertProblem(call("GET", tenant, wrong, null), 401, "unauthenticated");
    assertThat(node.gateway().refused())
        .anySatisfy(
            attempt -> {
              assertThat(attempt.tenant()).isEqualTo(tenant);
              assertThat(attempt.toString()).doesNotContain("0123456789");
            });
  }
}

package dev.hongyan.gateway.admin;

import static dev.hongyan.gateway.admin.AdminNode.OPERATOR;
import static dev.hongyan.gateway.admin.AdminNode.TENANTS;
import static dev.hongyan.gateway.admin.AdminNode.json;
import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.access.ApiKeys;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The wall between tenants, for every operation of the contract: who must not come in does not, and
 * what is another tenant's looks like what is not there. Whoever adds an operation to the contract
 * adds it here.
 */
class WallTest {
  private static final String SECRET = "shared with the issuer, 32 bytes or more";
  private static final String MARK = "of-the-other-tenant";
  private static final String MISSING = "t-that-is-not-there";
  private static final Map<String, String> LOWER =
      Map.of(
          "operator",
          "admin",
          "admin",
          "reviewer",
          "reviewer",
          "contributor",
          "contributor",
          "guest");

  private static AdminNode node;

  /** The tenant that is called, and the one that must not be seen. */
  private static String own;

  private static String other;

  private static String ownAdmin;
  private static String otherAdmin;

  /** A key of a role that may do nothing. */
  private static String powerless;

  private static String bareTenant;
  private static final List<String> expiredKeys = new ArrayList<>();

  /** A key of each role, of a tenant that has left them as they are built. */
  private static Map<String, String> roles;

  private record Operation(String method, String path, String role, boolean forClients) {
    boolean isOfTenant() {
      return path.contains("{tenant}");
    }

    /** Its address for a tenant; whatever else is named there is not there. */
    String at(String tenant) {
      return path.replace("{tenant}", tenant).replaceAll("\\{[^}]*}", "none");
    }
  }

  @BeforeAll
  static void open() throws Exception {
    node = AdminNode.start();
    own = node.tenant();
    other = node.tenant();
    ownAdmin = node.key(own, "admin");
    otherAdmin = node.key(other, "admin");
    roles =
        Map.of(
            "admin", ownAdmin,
            "reviewer", node.key(own, "reviewer"),
            "contributor", node.key(own, "contributor"),
            "guest", node.key(own, "guest"));
    fill(other);
    issuer(own);
    issuer(other);
    String bare = node.tenant();
    JsonObject nothing = new JsonObject().put("permissions", new JsonArray());
    assertOk(node.call("PUT", TENANTS + "/" + bare + "/roles/guest", OPERATOR, nothing));
    powerless = node.key(bare, "guest");
    bareTenant = bare;
  }

  @AfterAll
  static void close() {
    node.close();
  }

  private static void fill(String tenant) throws Exception {
    JsonObject name = new JsonObject().put("name", MARK);
    assertOk(node.call("PATCH", TENANTS + "/" + tenant, OPERATOR, name));
    JsonObject account =
        new JsonObject()
            .put("id", MARK)
            .put("kind", "mp")
            .put("appId", "wx" + MARK)
            .put("token", "t")
            .put("mode", "plain");
    assertOk(node.call("POST", TENANTS + "/" + tenant + "/accounts", OPERATOR, account));
  }

  private static void issuer(String tenant) throws Exception {
    JsonObject issuer =
        new JsonObject().put("id", "idp").put("issuer", "https://idp").put("secret", SECRET);
    assertOk(node.call("POST", TENANTS + "/" + tenant + "/issuers", OPERATOR, issuer));
  }

  private static void assertOk(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
  }

  private static List<Operation> contract() throws Exception {
    JsonNode paths =
        new YAMLMapper()
            .readTree(node.call("GET", "/api/v1/openapi.yaml", null, null).body())
            .get("paths");
    List<Operation> out = new ArrayList<>();
    paths
        .fields()
        .forEachRemaining(
            path ->
                path.getValue()
                    .fields()
                    .forEachRemaining(
                        each -> {
                          JsonNode it = each.getValue();
                          boolean open = it.has("security") && it.get("security").isEmpty();
                          if (it.has("operationId") && !open) {
                            out.add(
                                new Operation(
                                    each.getKey().toUpperCase(Locale.ROOT),
                                    path.getKey(),
                                    it.path("x-hongyan-role").asText(),
                                    it.path("security").toString().contains("clientToken")));
                          }
                        }));
    assertThat(out).hasSizeGreaterThan(40);
    return out;
  }

  @TestFactory
  Stream<DynamicTest> everyOperationIsBehindTheWall() throws Exception {
    return contract().stream()
        .map(op -> dynamicTest(op.method() + " " + op.path(), () -> assertBehind(op)));
  }

  private static void assertBehind(Operation op) throws Exception {
    String path = op.at(own);
    // Who is nobody: the same answer, whatever is wrong with the key.
    HttpResponse<String> garbage = refused(op, path, random("hyk_" + own + "_"), 401);
    for (String bad :
        List.of(random(""), expired(), revoked(), jwt(own, "another-audience"), unsigned(own))) {
      assertThat(withoutId(refused(op, path, bad, 401))).isEqualTo(withoutId(garbage));
    }
    refused(op, path, null, 401);
    // The same with a tenant that is not there.
    if (op.isOfTenant()) {
      for (String bad : List.of(random("hyk_" + MISSING + "_"), jwt(MISSING, MISSING))) {
        assertThat(withoutId(refused(op, op.at(MISSING), bad, 401))).isEqualTo(withoutId(garbage));
      }
      assertForeignIsMissing(op);
    }
    assertMismatch(op);
    refused(op, op.at(bareTenant), powerless, 403);
    String lower = LOWER.get(op.role());
    if (lower != null) { // there is none below guest
      refused(op, path, roles.get(lower), 403);
    }
    if (!op.forClients()) {
      refused(op, path, node.gateway().token(own, "client"), 403);
    }
  }

  /** Another tenant's and none are the same, to keys, client tokens and tokens of issuers. */
  private static void assertForeignIsMissing(Operation op) throws Exception {
    String client = node.gateway().token(own, "client");
    for (String key : List.of(ownAdmin, client)) {
      HttpResponse<String> foreign = refused(op, op.at(other), key, 404);
      assertThat(withoutId(foreign)).isEqualTo(withoutId(refused(op, op.at(MISSING), key, 404)));
      assertThat(foreign.headers().map().keySet())
          .isEqualTo(refused(op, op.at(MISSING), key, 404).headers().map().keySet());
    }
    String token = jwt(own, "hongyan:" + own);
    assertThat(withoutId(refused(op, op.at(other), token, 403)))
        .isEqualTo(withoutId(refused(op, op.at(MISSING), token, 403)));
    // And the other way round: nothing there is for the one who is not there.
    refused(op, op.at(own), otherAdmin, 404);
  }

  private static void assertMismatch(Operation op) throws Exception {
    HttpResponse<String> foreign = send(op, op.at(own), ownAdmin, other);
    HttpResponse<String> missing = send(op, op.at(own), ownAdmin, MISSING);
    assertThat(foreign.statusCode()).as(foreign.body()).isEqualTo(403);
    assertThat(json(foreign).getString("code")).isEqualTo("tenant-mismatch");
    assertThat(withoutId(foreign)).isEqualTo(withoutId(missing));
  }

  @CanIgnoreReturnValue
  private static HttpResponse<String> refused(Operation op, String path, String key, int status)
      throws Exception {
    HttpResponse<String> answer = send(op, path, key, null);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).doesNotContain(MARK);
    return answer;
  }

  private static HttpResponse<String> send(
      Operation op, String path, String key, String tenantHeader) throws Exception {
    boolean withBody = List.of("POST", "PUT", "PATCH").contains(op.method());
    HttpRequest.Builder request =
        node.request(op.method(), path, key, withBody ? new JsonObject() : null);
    return node.send(tenantHeader == null ? request : request.header("X-Tenant-ID", tenantHeader));
  }

  /** All that a caller sees of a problem, but for the name of the request. */
  static String withoutId(HttpResponse<String> answer) {
    JsonObject problem = json(answer);
    assertThat(problem.remove("requestId")).isNotNull();
    return answer.statusCode() + " " + problem.encode();
  }

  /**
   * Something with this beginning that is no key; new each time, so that guessing is not slowed.
   */
  private static String random(String beginning) {
    String hex = UUID.randomUUID().toString().replace("-", "");
    return beginning + hex + hex;
  }

  private static String expired() {
    long then = Clock.system().wallMillis() - 10_000;
    JsonObject body =
        new JsonObject()
            .put("role", "admin")
            .put("expiresAt", Instant.ofEpochMilli(then + 1_000).toString());
    ApiKeys before = new ApiKeys(node.gateway().redis().link(), new ManualTime(then));
    ApiKeys.Made made = await(before.create(own, body));
    expiredKeys.add(made.key().id());
    if (expiredKeys.size() > 100) { // a tenant has 200
      await(before.delete(own, expiredKeys.remove(0)));
    }
    return made.secret().reveal();
  }

  private static String revoked() {
    ApiKeys keys = new ApiKeys(node.gateway().redis().link(), Clock.system());
    ApiKeys.Made made = await(keys.create(own, new JsonObject().put("role", "admin")));
    await(keys.delete(own, made.key().id()));
    return made.secret().reveal();
  }

  private static String jwt(String tenant, String audience) throws Exception {
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer("https://idp")
            .audience(audience)
            .claim("tenant", tenant)
            .claim("role", "admin")
            .subject("ann")
            .jwtID(UUID.randomUUID().toString())
            .expirationTime(new Date(System.currentTimeMillis() + 600_000))
            .build();
    SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    jwt.sign(new MACSigner(SECRET));
    return jwt.serialize();
  }

  private static String unsigned(String tenant) throws Exception {
    String good = jwt(tenant, "hongyan:" + tenant);
    return good.substring(0, good.lastIndexOf('.') + 1) + "AAAA";
  }
}

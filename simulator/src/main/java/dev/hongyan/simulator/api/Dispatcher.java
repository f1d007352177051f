package dev.hongyan.simulator.api;

import static dev.hongyan.wechat.Product.MINI;
import static dev.hongyan.wechat.Product.MP;

import dev.hongyan.simulator.api.Endpoint.Outcome;
import dev.hongyan.wechat.Product;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which paths there are, and the checks that every call passes, always in the same order: who asks,
 * whether the account may, how it asks, how often. Knows nothing of HTTP connections.
 */
final class Dispatcher {
  private final Function<String, @Nullable ApiAccount> accounts;
  private final Tokens tokens;
  private final ApiTime time;
  private final RandomGenerator random;
  private final Map<String, Endpoint> endpoints;

  Dispatcher(
      Function<String, @Nullable ApiAccount> accounts,
      Tokens tokens,
      ApiTime time,
      RandomGenerator random,
      MediaShelf shelf,
      MediaPaths media,
      String ip) {
    this.accounts = accounts;
    this.tokens = tokens;
    this.time = time;
    this.random = random;
    this.endpoints = endpoints(shelf, media, ip);
  }

  private Map<String, Endpoint> endpoints(MediaShelf shelf, MediaPaths media, String ip) {
    Set<Product> both = Set.of(MP, MINI);
    Set<Product> mp = Set.of(MP);
    Credentials credentials = new Credentials(tokens);
    Sends sends = new Sends(time, shelf);
    Office office = new Office(this::isPath, ip);
    return Map.ofEntries(
        Map.entry("/cgi-bin/token", Endpoint.open("GET", both, credentials::token)),
        Map.entry("/cgi-bin/stable_token", Endpoint.open("POST", both, credentials::stable)),
        Map.entry("/cgi-bin/ticket/getticket", Endpoint.get(mp, credentials::ticket)),
        Map.entry("/cgi-bin/message/template/send", Endpoint.post(mp, sends::template)),
        Map.entry("/cgi-bin/message/subscribe/bizsend", Endpoint.post(mp, sends::subscription)),
        Map.entry(
            "/cgi-bin/message/subscribe/send", Endpoint.post(Set.of(MINI), sends::subscription)),
        Map.entry("/cgi-bin/message/custom/send", Endpoint.post(both, sends::custom)),
        Map.entry("/cgi-bin/message/custom/typing", Endpoint.post(both, sends::typing)),
        Map.entry("/cgi-bin/media/upload", Endpoint.upload(both, media::upload)),
        Map.entry("/cgi-bin/media/get", Endpoint.get(both, media::get)),
        Map.entry("/cgi-bin/menu/create", Endpoint.post(mp, office::createMenu)),
        Map.entry("/cgi-bin/menu/get", Endpoint.get(mp, office::getMenu)),
        Map.entry("/cgi-bin/menu/delete", Endpoint.get(mp, office::deleteMenu)),
        Map.entry("/cgi-bin/user/info", Endpoint.get(mp, office::userInfo)),
        Map.entry("/cgi-bin/user/get", Endpoint.get(mp, office::users)),
        Map.entry("/cgi-bin/getcallbackip", Endpoint.get(both, office::ips)),
        Map.entry("/cgi-bin/get_api_domain_ip", Endpoint.get(both, office::ips)),
        Map.entry("/cgi-bin/clear_quota", Endpoint.post(both, office::clearQuota)),
        Map.entry("/cgi-bin/openapi/quota/get", Endpoint.post(both, office::quota)));
  }

  /** Who asks: an account, or what is wrong with the asking. */
  record Caller(@Nullable ApiAccount account, Errcode errcode) {
    static Caller unknown(Errcode errcode) {
      return new Caller(null, errcode);
    }

    @Nullable String appId() {
      return account == null ? null : account.appId();
    }
  }

  boolean isPath(String path) {
    return endpoints.containsKey(path);
  }

  @Nullable Endpoint find(String path) {
    return endpoints.get(path);
  }

  /** Finds out who asks. An account that asks wrongly is an account and an error. */
  Caller caller(@Nullable Endpoint endpoint, ApiRequest request) {
    if (endpoint == null) {
      return Caller.unknown(Errcode.INVALID_URL);
    }
    return endpoint.token() ? byToken(request) : bySecret(endpoint, request);
  }

  private Caller byToken(ApiRequest request) {
    String token = request.parameter("access_token");
    if (token.isEmpty()) {
      return Caller.unknown(Errcode.TOKEN_MISSING);
    }
    Tokens.Holder holder = tokens.holder(token);
    return holder.appId() == null
        ? Caller.unknown(holder.errcode())
        : new Caller(accounts.apply(holder.appId()), Errcode.OK);
  }

  private Caller bySecret(Endpoint endpoint, ApiRequest request) {
    if (!request.method().equals(endpoint.method())) {
      return Caller.unknown(methodRequired(endpoint));
    }
    JsonObject asked;
    if (endpoint.method().equals("GET")) {
      asked =
          new JsonObject()
              .put("grant_type", request.parameter("grant_type"))
              .put("appid", request.parameter("appid"))
              .put("secret", request.parameter("secret"));
    } else if (request.body().length() == 0) {
      return Caller.unknown(Errcode.EMPTY_POST);
    } else {
      JsonObject body = request.json();
      if (body == null) {
        return Caller.unknown(Errcode.BAD_DATA);
      }
      asked = body;
    }
    return bySecret(
        ApiRequest.text(asked, "grant_type"),
        ApiRequest.text(asked, "appid"),
        ApiRequest.text(asked, "secret"),
        request.ip());
  }

  private Caller bySecret(String grantType, String appId, String secret, String ip) {
    if (!grantType.equals("client_credential")) {
      return Caller.unknown(Errcode.INVALID_GRANT_TYPE);
    }
    if (appId.isEmpty()) {
      return Caller.unknown(Errcode.APPID_MISSING);
    }
    if (secret.isEmpty()) {
      return Caller.unknown(Errcode.SECRET_MISSING);
    }
    ApiAccount account = accounts.apply(appId);
    if (account == null) {
      return Caller.unknown(Errcode.INVALID_APPID);
    }
    String right = account.settings().secret();
    if (right == null || !same(right, secret)) {
      return new Caller(account, Errcode.INVALID_SECRET);
    }
    return new Caller(account, account.mayAskFrom(ip) ? Errcode.OK : Errcode.IP_DENIED);
  }

  private static boolean same(String right, String given) {
    return MessageDigest.isEqual(
        right.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }

  /** Answers a call that no fault keeps from being done. */
  ApiAnswer answer(@Nullable Endpoint endpoint, Caller caller, ApiRequest request) {
    Outcome outcome = outcome(endpoint, caller, request);
    ApiAnswer answer = outcome.answer();
    if (answer != null) {
      return answer;
    }
    Errcode errcode = outcome.errcode();
    String words =
        errcode == Errcode.IP_DENIED ? errcode.words.replace("%s", request.ip()) : errcode.words;
    return error(errcode.code, words);
  }

  ApiAnswer error(int errcode, String words) {
    return ApiAnswer.error(errcode, words, rid());
  }

  private Outcome outcome(@Nullable Endpoint endpoint, Caller caller, ApiRequest request) {
    ApiAccount account = caller.account();
    if (caller.errcode() != Errcode.OK || endpoint == null || account == null) {
      return Outcome.error(
          caller.errcode() == Errcode.OK ? Errcode.INVALID_CREDENTIAL : caller.errcode());
    }
    if (!endpoint.products().contains(account.settings().product())) {
      return Outcome.error(Errcode.UNAUTHORIZED);
    }
    if (!request.method().equals(endpoint.method())) {
      return Outcome.error(methodRequired(endpoint));
    }
    boolean needsBody = endpoint.method().equals("POST") && !endpoint.upload();
    if (needsBody && request.body().length() == 0) {
      return Outcome.error(Errcode.EMPTY_POST);
    }
    Errcode spent = account.quotas.spend(request.path());
    return spent == Errcode.OK ? endpoint.handler().handle(account, request) : Outcome.error(spent);
  }

  private static Errcode methodRequired(Endpoint endpoint) {
    return endpoint.method().equals("GET") ? Errcode.GET_REQUIRED : Errcode.POST_REQUIRED;
  }

  /** Three groups of eight hex digits, of which the first is the second. */
  private String rid() {
    return "%08x-%08x-%08x".formatted(time.nowMillis() / 1000, random.nextInt(), random.nextInt());
  }
}

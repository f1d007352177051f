package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.proxy.QuotaView;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.token.JsSdk;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenReply;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;

/** The tokens of accounts, pages signed with their tickets, and what is left of their quotas. */
final class TokenRoutes {
  private static final String ACCOUNT = AdminRoutes.PREFIX + "/tenants/{tenant}/accounts/{account}";

  private final AdminParts parts;
  private final WeChatParts wechat;

  private TokenRoutes(AdminParts parts) {
    this.parts = parts;
    this.wechat = parts.wechat();
  }

  static void add(Operations to, AdminParts parts) {
    TokenRoutes routes = new TokenRoutes(parts);
    to.get(ACCOUNT + "/token", Need.ADMIN, routes::read); // or the scope token:read
    to.delete(ACCOUNT + "/token", Need.ADMIN, routes::invalidate);
    to.get(ACCOUNT + "/jsapi-signature", Need.CONTRIBUTOR, routes::sign);
    to.get(ACCOUNT + "/quota", Need.GUEST, routes::quota);
    to.delete(ACCOUNT + "/quota", Need.ADMIN, routes::clearQuota);
  }

  private Future<Answer> read(Call call) {
    requireAccount(call);
    return wechat
        .tokens()
        .get(call.tenant(), call.path("account"), TokenKind.ACCESS)
        .compose(TokenReply::token)
        .map(token -> Answer.ok(token(token)));
  }

  private JsonObject token(Token token) {
    Clock clock = parts.clock();
    long seconds = token.expiresInSeconds(Token.millis(clock));
    return new JsonObject()
        .put("accessToken", token.value().reveal())
        .put("expiresInSeconds", seconds)
        .put("expiresAt", Instant.ofEpochSecond(clock.wallMillis() / 1000 + seconds).toString());
  }

  /** WeChat ends the token and hands out another; the call of those who leaked one. */
  private Future<Answer> invalidate(Call call) {
    requireAccount(call);
    return wechat
        .tokens()
        .renew(call.tenant(), call.path("account"), TokenKind.ACCESS)
        .compose(TokenReply::token)
        .map(renewed -> Answer.NO_CONTENT);
  }

  private Future<Answer> sign(Call call) {
    String url = call.query("url");
    if (url == null) {
      throw Call.invalid("url", "is required: the address of the page, as the browser shows it");
    }
    return wechat
        .pages()
        .sign(call.tenant(), call.path("account"), url)
        .map(signed -> Answer.ok(signature(signed)));
  }

  private static JsonObject signature(JsSdk.Signed signed) {
    return new JsonObject()
        .put("appId", signed.appId())
        .put("timestamp", signed.timestamp())
        .put("nonceStr", signed.nonceStr())
        .put("signature", signed.signature())
        .put("url", signed.url());
  }

  private Future<Answer> quota(Call call) {
    requireAccount(call);
    List<JsonObject> items =
        wechat.quotas().view(call.tenant(), call.path("account")).stream()
            .map(TokenRoutes::item)
            .toList();
    JsonObject body =
        new JsonObject().put("resetsAt", moment(wechat.quotas().resetsAt())).put("items", items);
    return Future.succeededFuture(Answer.ok(body));
  }

  private static JsonObject item(QuotaView quota) {
    JsonObject json =
        new JsonObject()
            .put("api", quota.api())
            .put("today", quota.today())
            .put("thisMinute", quota.thisMinute());
    if (quota.limit() != null) {
      json.put("limit", quota.limit())
          .put("limitSource", quota.learned() ? "learned" : "documented");
    }
    if (quota.heldUntil() > 0) {
      json.put(
          "held",
          new JsonObject().put("until", moment(quota.heldUntil())).put("by", quota.heldBy()));
    }
    return quota.endsAt() > 0 ? json.put("endsAt", moment(quota.endsAt())) : json;
  }

  private Future<Answer> clearQuota(Call call) {
    requireAccount(call);
    wechat.quotas().cleared(call.tenant(), call.path("account"));
    return Future.succeededFuture(Answer.NO_CONTENT);
  }

  private void requireAccount(Call call) {
    if (parts.tenants().directory().find(call.tenant(), call.path("account")) == null) {
      throw Problem.NOT_FOUND.because("There is no such account");
    }
  }

  private static String moment(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}

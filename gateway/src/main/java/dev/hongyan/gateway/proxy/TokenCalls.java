package dev.hongyan.gateway.proxy;

import dev.hongyan.tenant.Account;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenService;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The calls that hand out tokens and tickets, answered from our cache as WeChat would answer them.
 * An access token is a stand-in; a ticket is WeChat's own, because pages are signed with it.
 */
final class TokenCalls {
  private static final String GRANT = "client_credential";

  private final TokenService tokens;
  private final StandIns standIns;
  private final ProxyParts parts;

  TokenCalls(ProxyParts parts, StandIns standIns) {
    this.parts = parts;
    this.tokens = parts.tokens;
    this.standIns = standIns;
  }

  /**
   * What a token call says, in query or body.
   *
   * @param secret the caller's key
   */
  record Asked(@Nullable String grantType, @Nullable String appId, @Nullable String secret) {

    /** From the query, and where that is silent from a body in JSON or as a form. */
    static Asked read(HttpServerRequest http, Buffer body) {
      String query = http.query();
      JsonObject json = json(body);
      String form =
          json == null && body.length() > 0 ? body.toString(StandardCharsets.UTF_8) : null;
      return new Asked(
          value("grant_type", query, json, form),
          value(RawQuery.APPID, query, json, form),
          value(RawQuery.SECRET, query, json, form));
    }

    private static @Nullable String value(
        String name, @Nullable String query, @Nullable JsonObject json, @Nullable String form) {
      String first = RawQuery.first(query, name);
      if (first != null) {
        return first;
      }
      return json == null
          ? RawQuery.first(form, name)
          : json.getValue(name) instanceof String text ? text : null;
    }

    private static @Nullable JsonObject json(Buffer body) {
      if (!ErrcodeScan.isObject(body)) {
        return null;
      }
      try {
        return new JsonObject(body);
      } catch (DecodeException malformed) {
        return null;
      }
    }
  }

  /** Whether the call asks for what it can get; answers it if not. */
  boolean isSound(ProxyCall call, Asked asked, Account account) {
    if (asked.grantType() != null && !asked.grantType().equals(GRANT)) {
      call.refuse(Refusal.WRONG_TYPE, "invalid grant_type");
      return false;
    }
    if (asked.appId() != null && !asked.appId().equals(account.appId())) {
      call.refuse(Refusal.WRONG_APPID, "invalid appid");
      return false;
    }
    return true;
  }

  /**
   * Hands out a stand-in, once there is a token that it stands for.
   *
   * @param digest of the key that asks
   */
  void answerToken(ProxyCall call, String digest) {
    String tenant = call.path.tenant();
    String account = call.path.account();
    var unused =
        tokens
            .get(tenant, account, TokenKind.ACCESS)
            .onComplete(
                reply -> {
                  if (call.isOver()) {
                    return;
                  }
                  boolean answered =
                      reply.fold(
                          granted -> {
                            call.answered();
                            Refusal.json(
                                call.http.response(),
                                new JsonObject()
                                    .put(
                                        RawQuery.ACCESS_TOKEN,
                                        standIns.mint(tenant, account, digest).reveal())
                                    .put("expires_in", StandIns.LIFE.toSeconds()));
                            return true;
                          },
                          refused -> {
                            call.refuse(refused);
                            return false;
                          });
                },
                call::refuse);
  }

  void answerTicket(ProxyCall call) {
    TokenKind kind = kind(RawQuery.first(call.http.query(), "type"));
    if (kind == null) {
      call.refuse(Refusal.WRONG_TYPE, "type must be jsapi or wx_card");
      return;
    }
    var unused =
        tokens
            .get(call.path.tenant(), call.path.account(), kind)
            .onComplete(
                reply -> {
                  if (call.isOver()) {
                    return;
                  }
                  boolean answered =
                      reply.fold(
                          granted -> {
                            call.answered();
                            Refusal.json(call.http.response(), ticket(granted.value()));
                            return true;
                          },
                          refused -> {
                            call.refuse(refused);
                            return false;
                          });
                },
                call::refuse);
  }

  private JsonObject ticket(Token ticket) {
    return new JsonObject()
        .put("errcode", 0)
        .put("errmsg", "ok")
        .put("ticket", ticket.value().reveal())
        .put("expires_in", ticket.expiresInSeconds(Token.millis(parts.clock)));
  }

  private static @Nullable TokenKind kind(@Nullable String type) {
    if (type == null) {
      return TokenKind.JSAPI;
    }
    return switch (type.toLowerCase(Locale.ROOT)) {
      case "jsapi" -> TokenKind.JSAPI;
      case "wx_card" -> TokenKind.WX_CARD;
      default -> null;
    };
  }
}

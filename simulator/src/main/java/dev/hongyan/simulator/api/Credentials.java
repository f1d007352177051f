package dev.hongyan.simulator.api;

import dev.hongyan.simulator.api.Endpoint.Outcome;
import io.vertx.core.json.JsonObject;

/** Paths that hand out tokens and tickets. */
final class Credentials {
  private final Tokens tokens;

  Credentials(Tokens tokens) {
    this.tokens = tokens;
  }

  Outcome token(ApiAccount account, ApiRequest request) {
    return granted(tokens.plain(account.appId()));
  }

  Outcome stable(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    boolean force = body != null && Boolean.TRUE.equals(body.getValue("force_refresh"));
    Tokens.Grant grant = tokens.stable(account.appId(), force);
    return grant == null ? Outcome.error(Errcode.DAILY_QUOTA) : granted(grant);
  }

  private static Outcome granted(Tokens.Grant grant) {
    return Outcome.of(
        ApiAnswer.json(
            new JsonObject()
                .put("access_token", grant.value())
                .put("expires_in", grant.expiresInSeconds())));
  }

  Outcome ticket(ApiAccount account, ApiRequest request) {
    String type = request.parameter("type");
    if (!type.equals("jsapi") && !type.equals("wx_card")) {
      return Outcome.error(Errcode.INVALID_PARAMETER);
    }
    Tokens.Grant grant = tokens.ticket(account.appId(), type);
    return Outcome.of(
        ApiAnswer.json(
            new JsonObject()
                .put("errcode", 0)
                .put("errmsg", "ok")
                .put("ticket", grant.value())
                .put("expires_in", grant.expiresInSeconds())));
  }
}

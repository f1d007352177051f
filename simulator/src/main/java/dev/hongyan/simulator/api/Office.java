package dev.hongyan.simulator.api;

import dev.hongyan.simulator.api.Endpoint.Outcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What an account's owner looks after: menu, users, addresses, quotas. */
final class Office {
  private static final int USERS_PER_PAGE = 10_000;
  private static final int BUTTONS_MAX = 3;
  private static final int SUB_BUTTONS_MAX = 5;

  /** What is told of paths without a published limit. */
  private static final long NO_LIMIT = 10_000_000;

  private final Predicate<String> isPath;
  private final String ip;

  /**
   * An office.
   *
   * @param isPath tells whether there is such a path
   * @param ip the simulator's own address
   */
  Office(Predicate<String> isPath, String ip) {
    this.isPath = isPath;
    this.ip = ip;
  }

  Outcome createMenu(ApiAccount account, ApiRequest request) {
    // WeChat reads bytes, not JSON strings: an escape would be shown as it is written.
    if (request.body().toString().contains("\\u")) {
      return Outcome.error(Errcode.INVALID_CHARSET);
    }
    JsonObject body = request.json();
    if (body == null || !(body.getValue("button") instanceof JsonArray buttons)) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    if (buttons.isEmpty() || buttons.size() > BUTTONS_MAX) {
      return Outcome.error(Errcode.INVALID_BUTTONS);
    }
    for (int i = 0; i < buttons.size(); i++) {
      if (!(buttons.getValue(i) instanceof JsonObject button)) {
        return Outcome.error(Errcode.BAD_DATA);
      }
      if (button.getValue("sub_button") instanceof JsonArray below
          && below.size() > SUB_BUTTONS_MAX) {
        return Outcome.error(Errcode.INVALID_SUB_BUTTONS);
      }
    }
    account.menu(new JsonObject().put("button", buttons));
    return Outcome.error(Errcode.OK);
  }

  Outcome getMenu(ApiAccount account, ApiRequest request) {
    JsonObject menu = account.menu();
    return menu == null
        ? Outcome.error(Errcode.NO_MENU)
        : Outcome.of(ApiAnswer.json(new JsonObject().put("menu", menu)));
  }

  Outcome deleteMenu(ApiAccount account, ApiRequest request) {
    account.menu(null);
    return Outcome.error(Errcode.OK);
  }

  Outcome userInfo(ApiAccount account, ApiRequest request) {
    Audience.Shown user = account.audience.find(request.parameter("openid"));
    if (user == null) {
      return Outcome.error(Errcode.INVALID_OPENID);
    }
    JsonObject shown =
        new JsonObject()
            .put("subscribe", user.follows() ? 1 : 0)
            .put("openid", user.user().openid());
    if (user.follows()) {
      String lang = request.parameter("lang");
      shown
          .put("language", lang.isEmpty() ? "zh_CN" : lang)
          .put("subscribe_time", user.sinceSeconds())
          .put("remark", "")
          .put("groupid", 0)
          .put("tagid_list", new JsonArray())
          .put("subscribe_scene", "ADD_SCENE_SEARCH")
          .put("qr_scene", 0)
          .put("qr_scene_str", "");
    }
    return Outcome.of(ApiAnswer.json(shown));
  }

  Outcome users(ApiAccount account, ApiRequest request) {
    List<String> page =
        account.audience.followers(request.parameter("next_openid"), USERS_PER_PAGE);
    return Outcome.of(
        ApiAnswer.json(
            new JsonObject()
                .put("total", account.audience.followerCount())
                .put("count", page.size())
                .put("data", new JsonObject().put("openid", new JsonArray(page)))
                .put("next_openid", page.isEmpty() ? "" : page.get(page.size() - 1))));
  }

  Outcome ips(ApiAccount account, ApiRequest request) {
    return Outcome.of(ApiAnswer.json(new JsonObject().put("ip_list", JsonArray.of(ip))));
  }

  Outcome clearQuota(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    if (body == null) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    return ApiRequest.text(body, "appid").equals(account.appId())
        ? Outcome.error(account.quotas.reset())
        : Outcome.error(Errcode.INVALID_APPID);
  }

  Outcome quota(ApiAccount account, ApiRequest request) {
    JsonObject body = request.json();
    if (body == null) {
      return Outcome.error(Errcode.BAD_DATA);
    }
    String path = ApiRequest.text(body, "cgi_path");
    if (!isPath.test(path)) {
      return Outcome.error(Errcode.BAD_CGI_PATH);
    }
    Limit limit = account.quotas.limit(path);
    long perDay = Math.min(limit.perDay(), NO_LIMIT);
    long used = account.quotas.usedToday(path);
    JsonObject answer =
        new JsonObject()
            .put("errcode", 0)
            .put("errmsg", "ok")
            .put(
                "quota",
                new JsonObject()
                    .put("daily_limit", perDay)
                    .put("used", used)
                    .put("remain", Math.max(0, perDay - used)));
    JsonObject rate = rate(limit);
    return Outcome.of(ApiAnswer.json(rate == null ? answer : answer.put("rate_limit", rate)));
  }

  private static @Nullable JsonObject rate(Limit limit) {
    return limit.perMinute() == Limit.NONE.perMinute()
        ? null
        : new JsonObject().put("call_count", limit.perMinute()).put("refresh_second", 60);
  }
}

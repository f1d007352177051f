package dev.hongyan.gateway.proxy;

import java.util.Map;
import java.util.Set;

/** What a path of WeChat's API takes from us. */
enum ApiUse {
  /** Hands out access tokens: answered here. */
  TOKEN,
  /** Hands out JS-SDK tickets: answered here. */
  TICKET,
  /** Wants appid and secret of the account instead of a token. */
  SECRET,
  /**
   * Works with a token of one user, got with that user's code: not ours, so it goes out as it is,
   * and WeChat says whether it is good. SDKs send nothing else with it, no key either.
   */
  USER,
  /** Works with a secret in the body, or is for components. */
  NEVER,
  /** Everything else: wants an access token in the query. */
  TOKENED;

  private static final Map<String, ApiUse> SPECIAL =
      Map.of(
          "/cgi-bin/token", TOKEN,
          "/cgi-bin/stable_token", TOKEN,
          "/cgi-bin/ticket/getticket", TICKET,
          "/sns/oauth2/access_token", SECRET,
          "/sns/jscode2session", SECRET,
          "/sns/userinfo", USER,
          "/sns/auth", USER,
          "/sns/oauth2/refresh_token", USER,
          "/cgi-bin/clear_quota/v2", NEVER);

  /** POSTs that only read, or that write the same again. */
  private static final Set<String> REPEATABLE_POSTS =
      Set.of(
          "/cgi-bin/menu/create",
          "/cgi-bin/menu/trymatch",
          "/cgi-bin/openapi/quota/get",
          "/cgi-bin/openapi/rid/get",
          "/cgi-bin/user/info/batchget",
          "/cgi-bin/user/info/updateremark",
          "/cgi-bin/user/tag/get",
          "/cgi-bin/tags/getidlist",
          "/cgi-bin/material/get_material",
          "/cgi-bin/material/batchget_material",
          "/cgi-bin/draft/get",
          "/cgi-bin/draft/batchget",
          "/cgi-bin/freepublish/get",
          "/cgi-bin/freepublish/batchget");

  static ApiUse of(String api) {
    ApiUse special = SPECIAL.get(api);
    if (special != null) {
      return special;
    }
    return api.startsWith("/cgi-bin/component/") ? NEVER : TOKENED;
  }

  /** Whether calling it twice does no more than calling it once. A user's code is good for once. */
  static boolean isSafeToRepeat(boolean get, String api) {
    return get ? SPECIAL.get(api) != SECRET : REPEATABLE_POSTS.contains(api);
  }
}

package dev.hongyan.gateway.proxy;

import dev.hongyan.tenant.store.Keys;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a request to the proxy wants to go.
 *
 * @param api WeChat's own path, for example {@code /cgi-bin/message/template/send}
 * @param family its first word, one of a fixed set, so that breakers and metrics stay few
 */
record ProxyPath(String tenant, String account, String api, String family) {
  static final String PREFIX = "/wxapi/";

  private static final String CGI = "/cgi-bin/";
  private static final int API_CHARS_MAX = 256;
  private static final String OTHER = "other";
  private static final Set<String> FAMILIES =
      Set.of(
          "card",
          "comment",
          "customservice",
          "datacube",
          "draft",
          "express",
          "freepublish",
          "guide",
          "material",
          "media",
          "menu",
          "message",
          "openapi",
          "qrcode",
          "shorten",
          "sns",
          "tags",
          "template",
          "ticket",
          "token",
          "user",
          "wxa",
          "wxaapi");

  /**
   * From {@code /wxapi/<tenant>/<account><path of WeChat>}; null when it is of another form.
   * WeChat's paths are plain letters: anything that could be read in two ways (escapes, empty or
   * dotted segments) is of another form.
   */
  static @Nullable ProxyPath parse(String path) {
    int start = PREFIX.length();
    int first = path.indexOf('/', start);
    int second = first < 0 ? -1 : path.indexOf('/', first + 1);
    if (second < 0 || path.length() - second > API_CHARS_MAX) {
      return null;
    }
    String tenant = path.substring(start, first);
    String account = path.substring(first + 1, second);
    if (!Keys.isId(tenant) || !Keys.isId(account) || !isPlain(path, second)) {
      return null;
    }
    String api = path.substring(second);
    return new ProxyPath(tenant, account, api, family(api));
  }

  private static boolean isPlain(String path, int from) {
    char before = 'x';
    for (int i = from; i < path.length(); i++) {
      char c = path.charAt(i);
      boolean letter =
          c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
      boolean joint = c == '/' || c == '-' || c == '.';
      if (!letter && !joint || before == '/' && (c == '/' || c == '.')) {
        return false;
      }
      before = c;
    }
    return before != '/';
  }

  private static String family(String api) {
    int start = api.startsWith(CGI) ? CGI.length() : 1;
    int end = api.indexOf('/', start);
    String word = end < 0 ? api.substring(start) : api.substring(start, end);
    return FAMILIES.contains(word) ? word : OTHER;
  }

  /** The name of {@code api} in scopes: without {@code /cgi-bin/}, else without the first slash. */
  static int scopeAt(String api) {
    return api.startsWith(CGI) ? CGI.length() : 1;
  }
}

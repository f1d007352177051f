package dev.hongyan.gateway.proxy;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The query of a request, kept as it was sent but for what must not go out. */
final class RawQuery {
  static final String ACCESS_TOKEN = "access_token";
  static final String SECRET = "secret";
  static final String APPID = "appid";
  static final String REFRESH_TOKEN = "refresh_token";

  private RawQuery() {}

  /** The decoded value of the first {@code name}; null when there is none. */
  static @Nullable String first(@Nullable String sent, String name) {
    String query = sent == null ? "" : sent;
    int length = query.length();
    for (int start = 0; start < length; ) {
      int end = end(query, start);
      int equals = query.indexOf('=', start);
      if (equals > start && equals < end && name.equals(decoded(query, start, equals))) {
        return decoded(query, equals + 1, end);
      }
      start = end + 1;
    }
    return null;
  }

  /**
   * The query to WeChat: everything the caller sent, byte for byte, without {@code access_token}
   * and secrets, in whatever spelling; and without {@code appid} where we name it.
   *
   * @param ours what we put in, already encoded
   * @param namesApp whether {@code ours} holds the appid
   */
  static String outgoing(String api, @Nullable String sent, String ours, boolean namesApp) {
    String query = sent == null ? "" : sent;
    int length = query.length();
    StringBuilder out = new StringBuilder(api.length() + length + ours.length() + 2);
    out.append(api).append('?').append(ours);
    for (int start = 0; start < length; ) {
      int end = end(query, start);
      if (end > start && isPassedOn(query, start, end, namesApp)) {
        out.append('&').append(query, start, end);
      }
      start = end + 1;
    }
    return out.toString();
  }

  /** The query of a call with a user's token: all of it, byte for byte, but for secrets. */
  static String ofUser(String api, @Nullable String sent) {
    String query = sent == null ? "" : sent;
    int length = query.length();
    StringBuilder out = new StringBuilder(api.length() + length + 1).append(api);
    char joint = '?';
    for (int start = 0; start < length; ) {
      int end = end(query, start);
      String name = end > start ? name(query, start, end) : null;
      if (name != null && !isSecret(name)) {
        out.append(joint).append(query, start, end);
        joint = '&';
      }
      start = end + 1;
    }
    return out.toString();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static boolean isPassedOn(String query, int start, int end, boolean namesApp) {
    String name = name(query, start, end);
    return name != null
        && !name.equalsIgnoreCase(ACCESS_TOKEN)
        && !isSecret(name)
        && !(namesApp && name.equalsIgnoreCase(APPID));
  }

  private static boolean isSecret(String name) {
    return name.equalsIgnoreCase(SECRET) || name.equalsIgnoreCase("appsecret");
  }

  /** The decoded name of the parameter between the two; null when it is not well-formed. */
  private static @Nullable String name(String query, int start, int end) {
    int equals = query.indexOf('=', start);
    return decoded(query, start, equals < 0 || equals > end ? end : equals);
  }

  private static int end(String query, int start) {
    int end = query.indexOf('&', start);
    return end < 0 ? query.length() : end;
  }

  /** Null when it is not well-formed. */
  private static @Nullable String decoded(String query, int start, int end) {
    for (int i = start; i < end; i++) {
      char c = query.charAt(i);
      if (c == '%' || c == '+') {
        try {
          return URLDecoder.decode(query.substring(start, end), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
          return null;
        }
      }
    }
    return query.substring(start, end);
  }
}

package dev.hongyan.observability.logging;

import java.util.Locale;
import java.util.Set;

/**
 * Takes out of a line what must not be read in a log: values of secret parameters ({@code
 * access_token=…}, {@code "secret":"…"}), bearer tokens, JWTs, and the ids of WeChat users.
 *
 * <p>One pass over the characters, word by word; a line that holds nothing of that kind comes back
 * as the same object. It is a safety net: whoever logs leaves secrets out in the first place.
 */
final class Masking {
  static final String MASK = "***";

  private static final Set<String> SECRET_NAMES =
      Set.of(
          "key",
          "apikey",
          "aeskey",
          "encodingaeskey",
          "masterkey",
          "operatorkey",
          "privatekey",
          "sessionkey",
          "apiv3key",
          "ticket",
          "jsapiticket",
          "jscode",
          "componentverifyticket",
          "password",
          "passwd",
          "authorization");

  private static final String[] SCHEMES = {"Bearer ", "Basic "};

  private final boolean userIds;

  /**
   * @param userIds whether openids, unionids and external user ids are masked too
   */
  Masking(boolean userIds) {
    this.userIds = userIds;
  }

  String mask(String line) {
    StringBuilder masked = null;
    int copied = 0;
    int i = 0;
    int length = line.length();
    while (i < length) {
      if (!isWord(line.charAt(i))) {
        i++;
        continue;
      }
      int start = i;
      while (i < length && isWord(line.charAt(i))) {
        i++;
      }
      int from;
      int to;
      if (isCredential(line, start, i) || userIds && isUserId(line, start, i)) {
        from = start;
        to = endOfJwt(line, start, i);
      } else {
        from = startOfValue(line, start, i);
        if (from < 0) {
          continue;
        }
        to = endOfValue(line, from);
      }
      if (to > from) {
        masked = masked == null ? new StringBuilder(length) : masked;
        masked.append(line, copied, from).append(MASK);
        copied = to;
      }
      i = Math.max(i, to);
    }
    return masked == null ? line : masked.append(line, copied, length).toString();
  }

  /** Whether a value under this name is never shown. */
  static boolean isSecretName(String name) {
    return isSecretName(name, 0, name.length());
  }

  private static boolean isSecretName(String line, int start, int end) {
    // The last letter decides nearly always; only the few that are left are looked up.
    char last = Character.toLowerCase(line.charAt(end - 1));
    if (end - start > 40 || "ytedn".indexOf(last) < 0) {
      return false;
    }
    StringBuilder plain = new StringBuilder(end - start);
    for (int i = start; i < end; i++) {
      char c = line.charAt(i);
      if (c != '_' && c != '-') {
        plain.append(c);
      }
    }
    String name = plain.toString().toLowerCase(Locale.ROOT);
    return name.endsWith("token") || name.endsWith("secret") || SECRET_NAMES.contains(name);
  }

  /** Where the secret begins that the word at {@code start} announces, or -1. */
  private static int startOfValue(String line, int start, int end) {
    if (end >= line.length()) {
      return -1;
    }
    char next = line.charAt(end);
    if (next == ' ') {
      boolean bearer =
          end - start == 6
              && line.regionMatches(true, start, "bearer", 0, 6)
              && endOfValue(line, end + 1) - end > 8; // "the bearer of news" is no token
      return bearer ? end + 1 : -1;
    }
    int i;
    if (next == '=') {
      i = end + 1;
    } else if (next == '"' || next == '\'') {
      i = skipSpace(line, end + 1);
      if (i >= line.length() || line.charAt(i) != ':') {
        return -1;
      }
      i = skipSpace(line, i + 1);
    } else if (next == ':' && isAuthorization(line, start, end)) {
      i = skipSpace(line, end + 1);
      for (String scheme : SCHEMES) {
        if (line.regionMatches(true, i, scheme, 0, scheme.length())) {
          return i + scheme.length();
        }
      }
    } else {
      return -1;
    }
    if (!isSecretName(line, start, end)) {
      return -1;
    }
    return i < line.length() && (line.charAt(i) == '"' || line.charAt(i) == '\'') ? i + 1 : i;
  }

  private static boolean isAuthorization(String line, int start, int end) {
    return end - start == 13 && line.regionMatches(true, start, "authorization", 0, 13);
  }

  private static int skipSpace(String line, int i) {
    int at = i;
    while (at < line.length() && line.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  private static int endOfValue(String line, int from) {
    int i = from;
    while (i < line.length() && "&\"' \t\r\n,;<>)]}".indexOf(line.charAt(i)) < 0) {
      i++;
    }
    return i;
  }

  private static boolean isCredential(String line, int start, int end) {
    return end - start > 16
        && (line.startsWith("eyJ", start)
            || line.startsWith("whsec_", start)
            || line.startsWith("hy_", start));
  }

  /** A JWT goes on over its dots; base64 goes on over its signs. */
  private static int endOfJwt(String line, int start, int end) {
    if (!isCredential(line, start, end)) {
      return end;
    }
    int i = end;
    while (i < line.length() && (isWord(line.charAt(i)) || "./+=".indexOf(line.charAt(i)) >= 0)) {
      i++;
    }
    return i;
  }

  /**
   * An openid or unionid has 28 or 29 characters and begins with {@code o}; an external user id of
   * WeCom has 32 and begins with {@code wm} or {@code wo}.
   */
  private static boolean isUserId(String line, int start, int end) {
    int length = end - start;
    char first = line.charAt(start);
    boolean shaped =
        first == 'o'
            ? length == 28 || length == 29
            : first == 'w'
                && length == 32
                && (line.charAt(start + 1) == 'm' || line.charAt(start + 1) == 'o');
    if (!shaped) {
      return false;
    }
    // A long word of a sentence or a class name has no digit.
    for (int i = start; i < end; i++) {
      char c = line.charAt(i);
      if (c >= '0' && c <= '9') {
        return true;
      }
    }
    return false;
  }

  private static boolean isWord(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }
}

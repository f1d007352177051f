package dev.hongyan.tenant.access;

import org.jspecify.annotations.Nullable;

/**
 * What a key or a token may do beyond its role:
 *
 * <ul>
 *   <li>a permission such as {@code token:read} or {@code messages:write}, but none that is for
 *       admins only;
 *   <li>{@code wxapi:} and a path of WeChat's API without {@code /cgi-bin/}, or the beginning of
 *       one and {@code *}: {@code wxapi:message/*};
 *   <li>{@code topics:} and a topic pattern that its holder may stream: {@code topics:wx.mp.#}.
 * </ul>
 */
public final class Scopes {
  /** What scopes of WeChat's API begin with. */
  public static final String WXAPI = "wxapi:";

  /** What scopes of topics begin with. */
  public static final String TOPICS = "topics:";

  static final int CHARS_MAX = 100;

  private Scopes() {}

  /** What is wrong with a scope, to follow its name in a sentence; null when it is one. */
  public static @Nullable String problemWith(String scope) {
    if (scope.length() > CHARS_MAX || !isVisible(scope)) {
      return "must be 1 to " + CHARS_MAX + " visible characters";
    }
    if (Permissions.isReserved(scope)) {
      return "is for the role admin only";
    }
    if (Permissions.isOne(scope) || isPath(scope) || isPattern(scope)) {
      return null;
    }
    return "must be a permission such as token:read, wxapi:<path>, wxapi:<beginning>* or"
        + " topics:<pattern>";
  }

  private static boolean isPath(String scope) {
    int star = scope.indexOf('*');
    return scope.startsWith(WXAPI)
        && scope.length() > WXAPI.length()
        && (star < 0 || star == scope.length() - 1);
  }

  private static boolean isPattern(String scope) {
    return scope.startsWith(TOPICS)
        && scope.length() > TOPICS.length()
        && !scope.startsWith(".", TOPICS.length())
        && !scope.endsWith(".")
        && !scope.contains("..");
  }

  private static boolean isVisible(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c != 0x7f);
  }
}

package dev.hongyan.gateway.proxy;

import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Role;
import java.util.List;

/**
 * Who may call what. A key's scope is {@code wxapi:} and a path without {@code /cgi-bin/}, or the
 * beginning of one with {@code *}: {@code wxapi:message/template/send}, {@code wxapi:message/*},
 * {@code wxapi:*}. An account's list holds whole paths in the same form.
 */
final class Permission {
  private static final String SCOPE = "wxapi:";

  private Permission() {}

  static boolean ofCaller(Caller caller, String tenant, String api) {
    if (caller instanceof Caller.Operator) {
      return true;
    }
    if (!caller.maySee(tenant)) {
      return false;
    }
    if (caller.role() == Role.ADMIN) {
      return true;
    }
    for (String scope : caller.scopes()) {
      if (scope.startsWith(SCOPE)) {
        boolean whole = scope.startsWith("/", SCOPE.length());
        if (matches(scope, SCOPE.length(), api, whole ? 0 : ProxyPath.scopeAt(api))) {
          return true;
        }
      }
    }
    return false;
  }

  static boolean ofAccount(Account account, String api) {
    List<String> paths = account.apiPaths();
    for (int i = 0; i < paths.size(); i++) {
      if (matches(paths.get(i), 0, api, 0)) {
        return true;
      }
    }
    return paths.isEmpty();
  }

  private static boolean matches(String pattern, int from, String text, int at) {
    int length = pattern.length() - from;
    if (length > 0 && pattern.charAt(pattern.length() - 1) == '*') {
      return text.regionMatches(at, pattern, from, length - 1);
    }
    return text.length() - at == length && text.regionMatches(at, pattern, from, length);
  }
}

package dev.hongyan.tenant.access;

import java.util.Locale;
import java.util.Set;

/**
 * The names of what may be done: a resource of the admin API and {@code read} or {@code write}, as
 * in {@code messages:read}. An operation's name follows from its method and path.
 */
public final class Permissions {
  /** Reading messages, live ones included. */
  public static final String MESSAGES_READ = "messages:read";

  /** Whoever may do these could give itself everything, so only admins may. */
  private static final Set<String> RESERVED = Set.of("keys:write", "roles:write", "issuers:write");

  private static final String TENANT = "{tenant}";

  private Permissions() {}

  /**
   * The permission behind an operation: {@code GET …/{tenant}/keys/{key}} is {@code keys:read},
   * {@code POST …/keys/{key}/rotate} is {@code keys:write}, {@code GET …/accounts/{account}/token}
   * is {@code token:read}.
   *
   * @param path with parameters in braces
   */
  public static String of(String method, String path) {
    boolean read = method.equals("GET") || method.equals("HEAD");
    String resource = "tenant";
    int at = path.indexOf(TENANT);
    boolean first = true;
    boolean afterOne = false;
    String rest = at < 0 ? "" : path.substring(at + TENANT.length());
    for (String word : rest.split("/", -1)) {
      if (word.startsWith("{")) {
        afterOne = true;
      } else if (!word.isEmpty()) {
        // What is posted to one thing is done with it; everything else below it is a thing itself.
        if (first || afterOne && !method.equals("POST")) {
          resource = word;
        }
        first = false;
        afterOne = false;
      }
    }
    return resource + (read ? ":read" : ":write");
  }

  /** Whether only admins can hold it, whatever a role or a scope says. */
  public static boolean isReserved(String permission) {
    return RESERVED.contains(permission);
  }

  /** Whether it has the form of a permission; there may be no such operation. */
  public static boolean isOne(String text) {
    int colon = text.indexOf(':');
    String what = colon < 0 ? "" : text.substring(colon + 1).toLowerCase(Locale.ROOT);
    if (colon < 1 || colon > 40 || !what.equals("read") && !what.equals("write")) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (i != colon && c != '-' && !(c >= 'a' && c <= 'z')) {
        return false;
      }
    }
    return true;
  }
}

package dev.hongyan.gateway.access;

import dev.hongyan.tenant.AccessRules;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Permissions;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.access.Scopes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what in its own tenant: by what the tenant has made of the caller's role, else by what
 * the role is built to be, and by the caller's scopes. Costs look-ups in memory. Thread-safe.
 */
public final class Permits {
  private static final List<String> EVERYTHING = List.of("#");

  private final Function<String, AccessRules> rules;

  /**
   * @param rules of a tenant as they are now
   */
  public Permits(Function<String, AccessRules> rules) {
    this.rules = rules;
  }

  /**
   * Whether the caller may do it; that the tenant is the caller's is asked elsewhere.
   *
   * @param built the lowest role that is built to have the permission; null when it is the
   *     operator's alone
   */
  public boolean may(Caller caller, @Nullable Role built, String permission) {
    if (caller instanceof Caller.Operator) {
      return true;
    }
    String tenant = caller.tenantOrNull();
    if (built == null || tenant == null || caller instanceof Caller.Client) {
      return false;
    }
    Role role = caller.role();
    if (role == Role.ADMIN) {
      return true;
    }
    if (Permissions.isReserved(permission)) {
      return false;
    }
    if (caller.scopes().contains(permission)) {
      return true;
    }
    if (role == null) {
      return false;
    }
    Set<String> own = rules.apply(tenant).roles().permissions(role, caller.name());
    return own == null ? role.includes(built) : own.contains(permission);
  }

  /** The topic patterns that the caller may read; none when it may read nothing. */
  public List<String> topics(Caller caller) {
    if (caller instanceof Caller.Client client) {
      return client.topics();
    }
    if (may(caller, Role.REVIEWER, Permissions.MESSAGES_READ)) {
      return EVERYTHING;
    }
    List<String> topics = new ArrayList<>();
    if (caller instanceof Caller.Bearer bearer) {
      topics.addAll(bearer.topics());
    }
    for (String scope : caller.scopes()) {
      if (scope.startsWith(Scopes.TOPICS)) {
        topics.add(scope.substring(Scopes.TOPICS.length()));
      }
    }
    return topics;
  }
}

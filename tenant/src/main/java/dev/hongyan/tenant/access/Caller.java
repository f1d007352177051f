package dev.hongyan.tenant.access;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who is calling, once that has been checked. */
public sealed interface Caller {

  /** May do everything, to every tenant. */
  record Operator() implements Caller {
    @Override
    public boolean maySee(String tenant) {
      return true;
    }

    @Override
    public boolean may(String tenant, String scope) {
      return true;
    }

    @Override
    public String name() {
      return "operator";
    }
  }

  /**
   * A service of one tenant.
   *
   * @param key the id of its API key, never the key
   * @param scopes what it may do beyond its role; an admin may do everything in its tenant
   */
  record TenantKey(String tenant, String key, Role role, Set<String> scopes) implements Caller {
    public TenantKey {
      scopes = Set.copyOf(scopes);
    }

    @Override
    public boolean maySee(String other) {
      return tenant.equals(other);
    }

    @Override
    public boolean may(String other, String scope) {
      return tenant.equals(other) && granted(role, scopes, scope);
    }

    @Override
    public String name() {
      return "key:" + key;
    }

    @Override
    public String tenantOrNull() {
      return tenant;
    }
  }

  /**
   * Somebody for whom a tenant's own issuer vouches, by a JWT.
   *
   * @param issuer the id of that issuer in the tenant's configuration
   * @param subject who the issuer says it is
   * @param role null when the token gives none
   * @param scopes what it may do beyond its role
   * @param topics patterns it may read
   * @param publish patterns it may publish to over a WebSocket
   * @param expiresAtMillis when its token ends, in epoch milliseconds
   */
  record Bearer(
      String tenant,
      String issuer,
      String subject,
      @Nullable Role role,
      Set<String> scopes,
      List<String> topics,
      List<String> publish,
      long expiresAtMillis)
      implements Caller {
    public Bearer {
      scopes = Set.copyOf(scopes);
      topics = List.copyOf(topics);
      publish = List.copyOf(publish);
    }

    /** The same as a client of the WebSocket. */
    public Client asClient() {
      return new Client(tenant, subject, topics, publish, expiresAtMillis, issuer);
    }

    @Override
    public boolean maySee(String other) {
      return tenant.equals(other);
    }

    @Override
    public boolean may(String other, String scope) {
      return tenant.equals(other) && granted(role, scopes, scope);
    }

    @Override
    public String name() {
      return "jwt:" + issuer + ":" + subject;
    }

    @Override
    public String tenantOrNull() {
      return tenant;
    }
  }

  /**
   * A WebSocket client of one tenant.
   *
   * @param subject who the tenant says it is
   * @param topics patterns it may subscribe to
   * @param publish patterns it may publish to
   * @param expiresAtMillis when its token ends, in epoch milliseconds
   * @param tokenId the {@code jti} of its token
   */
  record Client(
      String tenant,
      String subject,
      List<String> topics,
      List<String> publish,
      long expiresAtMillis,
      String tokenId)
      implements Caller {
    public Client {
      topics = List.copyOf(topics);
      publish = List.copyOf(publish);
    }

    @Override
    public boolean maySee(String other) {
      return tenant.equals(other);
    }

    @Override
    public boolean may(String other, String scope) {
      return false;
    }

    @Override
    public String name() {
      return "client:" + subject;
    }

    @Override
    public String tenantOrNull() {
      return tenant;
    }
  }

  /** Whether that tenant exists as far as this caller is concerned. */
  boolean maySee(String tenant);

  /**
   * Whether the caller holds {@code scope} in that tenant: an admin holds all. What a tenant makes
   * of its roles beyond that is in {@link RoleBook}.
   */
  boolean may(String tenant, String scope);

  /** For logs, the audit trail and what has to be the same for one caller; holds no secret. */
  String name();

  /** Its tenant; null for the operator. */
  default @Nullable String tenantOrNull() {
    return null;
  }

  /** The role it was given, or null. */
  default @Nullable Role role() {
    return null;
  }

  /** What it may do beyond its role. */
  default Set<String> scopes() {
    return Set.of();
  }

  private static boolean granted(@Nullable Role role, Set<String> scopes, String scope) {
    return role == Role.ADMIN || scopes.contains(scope) && !Permissions.isReserved(scope);
  }
}

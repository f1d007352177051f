package dev.hongyan.tenant.access;

import java.util.List;
import java.util.Set;

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
      return tenant.equals(other) && (role == Role.ADMIN || scopes.contains(scope));
    }

    @Override
    public String name() {
      return "key:" + key;
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
  }

  /** Whether that tenant exists as far as this caller is concerned. */
  boolean maySee(String tenant);

  /** Whether the caller holds {@code scope} in that tenant. */
  boolean may(String tenant, String scope);

  /** For logs and the audit trail; holds no secret. */
  String name();
}

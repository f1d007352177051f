package dev.hongyan.tenant;

import dev.hongyan.tenant.access.RoleBook;
import dev.hongyan.tenant.issuer.Issuer;
import java.util.Map;

/**
 * Whom a tenant lets in beside its API keys, and what its roles are.
 *
 * @param issuers by their id
 */
public record AccessRules(RoleBook roles, Map<String, Issuer> issuers) {
  public static final AccessRules DEFAULT = new AccessRules(RoleBook.BUILT_IN, Map.of());

  public AccessRules {
    issuers = Map.copyOf(issuers);
  }
}

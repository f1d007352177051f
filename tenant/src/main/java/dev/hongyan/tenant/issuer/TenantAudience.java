package dev.hongyan.tenant.issuer;

import dev.hongyan.tenant.store.Keys;
import org.jspecify.annotations.Nullable;

/**
 * The audience {@code hongyan:<tenant>}, which says for which tenant a token is. A token without it
 * says so by its claim {@code tenant}. Either way only keys of that tenant's own configuration
 * check the token, so nobody can make one for another tenant.
 */
public final class TenantAudience {
  private static final String PREFIX = "hongyan:";

  private TenantAudience() {}

  /** The audience that names this tenant. */
  public static String of(String tenant) {
    return PREFIX + tenant;
  }

  /** The tenant that an audience names, or null. */
  static @Nullable String tenantOf(String audience) {
    if (!audience.startsWith(PREFIX)) {
      return null;
    }
    String tenant = audience.substring(PREFIX.length());
    return Keys.isId(tenant) ? tenant : null;
  }
}

package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.access.Role;
import org.jspecify.annotations.Nullable;

/** The lowest role that is built to use an operation; a tenant may have changed its roles. */
enum Need {
  OPERATOR,
  ADMIN,
  REVIEWER,
  CONTRIBUTOR,
  GUEST;

  /** Null when no role of a tenant is enough. */
  @Nullable Role role() {
    return this == OPERATOR ? null : Role.valueOf(name());
  }
}

package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Role;

/** Who may use an operation. */
enum Need {
  OPERATOR,
  ADMIN,
  REVIEWER,
  CONTRIBUTOR,
  GUEST;

  boolean isMetBy(Caller caller) {
    if (caller instanceof Caller.Operator) {
      return true;
    }
    return this != OPERATOR
        && caller instanceof Caller.TenantKey key
        && key.role().includes(Role.valueOf(name()));
  }
}

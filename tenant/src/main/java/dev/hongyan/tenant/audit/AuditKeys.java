package dev.hongyan.tenant.audit;

import dev.hongyan.tenant.store.Keys;

/** The keys of one chain. */
record AuditKeys(String chain, String head, String open, String alive, String guard) {
  static AuditKeys of(String scope) {
    if (scope.isEmpty()) {
      return new AuditKeys(Keys.AUDIT, Keys.AUDIT_HEAD, Keys.AUDIT_OPEN, Keys.AUDIT_HEAD, "0");
    }
    Keys keys = Keys.of(scope);
    return new AuditKeys(
        keys.audit(), keys.auditHead(), keys.auditOpen(), keys.config("tenant"), "1");
  }
}

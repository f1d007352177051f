package dev.hongyan.tenant.audit;

import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import org.jspecify.annotations.Nullable;

/** Seals the newest entry of a chain with the master key, which the store does not have. */
final class HeadSeal {
  private final Sealer sealer;

  HeadSeal(Sealer sealer) {
    this.sealer = sealer;
  }

  String of(String scope, Chain.Link newest) {
    return sealer.seal(context(scope), newest.sealed());
  }

  /** Where the seal says, or shows, that the chain was forged; 0 for nowhere. */
  long forgedAt(String scope, Chain.Link newest, @Nullable String seal) {
    if (seal == null) {
      return newest.seq();
    }
    try {
      String sealed = sealer.open(context(scope), seal).reveal();
      String plain = newest.sealed();
      if (sealed.equals(plain)) {
        return 0;
      }
      return sealed.startsWith(plain + " ")
          ? Long.parseLong(sealed.substring(plain.length() + 1))
          : newest.seq();
    } catch (Sealer.SealBroken | NumberFormatException e) {
      return newest.seq();
    }
  }

  private static String context(String scope) {
    return scope.equals(AuditLog.PLATFORM) ? SealContext.PLATFORM_AUDIT : SealContext.audit(scope);
  }
}

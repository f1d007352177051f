package dev.hongyan.gateway.webhook;

import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.push.PushAccount;
import dev.hongyan.wechat.push.SecurityMode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From a webhook path to its account. Parsed keys are remembered for the accounts in use; every
 * look-up compares the snapshot they were made from with the directory's, so a change counts at
 * once. For one event loop.
 */
final class PushTargets {
  /** Accounts in use at the same time on one event loop; about 2 KiB each. */
  private static final int REMEMBERED_MAX = 10_000;

  private final TenantDirectory directory;
  private final Metrics metrics;
  private final Map<String, PushTarget> remembered =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, PushTarget> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  private Reason reason = Reason.PATH;

  PushTargets(TenantDirectory directory, Metrics metrics) {
    this.directory = directory;
    this.metrics = metrics;
  }

  /**
   * Finds whom {@code path} means.
   *
   * @param path {@code /wx/<tenant>/<account>}, as it was sent
   * @return null when that is nobody; {@link #reason()} says why
   */
  @Nullable PushTarget find(String path) {
    PushTarget known = remembered.get(path);
    if (known == null) {
      return resolve(path, null);
    }
    Tenant before = known.tenant();
    return directory.find(before.id()) == before ? known : resolve(path, known);
  }

  /** Why the last look-up found nobody. */
  Reason reason() {
    return reason;
  }

  private @Nullable PushTarget resolve(String path, @Nullable PushTarget before) {
    PushTarget target = make(path, before);
    if (target != null) {
      remembered.put(path, target);
    } else if (before != null) {
      remembered.remove(path);
    }
    return target;
  }

  private @Nullable PushTarget make(String path, @Nullable PushTarget before) {
    int start = WebhookDoor.PREFIX.length();
    int slash = path.indexOf('/', start);
    if (!path.startsWith(WebhookDoor.PREFIX) || slash < 0) {
      return nobody(Reason.PATH);
    }
    String tenantId = path.substring(start, slash);
    String accountId = path.substring(slash + 1);
    if (!Keys.isId(tenantId) || !Keys.isId(accountId)) {
      return nobody(Reason.PATH);
    }
    Tenant tenant = directory.find(tenantId);
    if (tenant == null) {
      return nobody(Reason.TENANT);
    }
    if (tenant.suspended()) {
      return nobody(Reason.SUSPENDED);
    }
    Account account = tenant.account(accountId);
    if (account == null || account.kind() == Account.Kind.PAY || account.token() == null) {
      return nobody(Reason.ACCOUNT);
    }
    try {
      return target(tenant, account, account.token(), before);
    } catch (IllegalArgumentException notUsable) {
      return nobody(Reason.ACCOUNT);
    }
  }

  private PushTarget target(
      Tenant tenant, Account account, Secret token, @Nullable PushTarget before) {
    Product product = product(account.kind());
    String receiver =
        account.originalId() != null
            ? account.originalId()
            : before != null && before.account().equals(account) ? before.receiver() : null;
    return new PushTarget(
        tenant,
        account,
        pushAccount(product, account, token),
        // What an authorizer's users send is an ordinary message, sealed with the component's key.
        product == Product.OPEN ? pushAccount(Product.MP, account, token) : null,
        metrics.tally(Series.PUSHES_ACCEPTED, account.kind().text()),
        receiver);
  }

  private static PushAccount pushAccount(Product product, Account account, Secret token) {
    PushAccount.Builder builder =
        PushAccount.builder(product, account.appId(), token.reveal())
            .key(key(account.encodingAesKey()))
            .previousKey(key(account.previousEncodingAesKey()))
            .mode(mode(account));
    if (account.previousToken() != null) {
      builder.previousToken(account.previousToken().reveal());
    }
    return builder.build();
  }

  private static SecurityMode mode(Account account) {
    if (account.kind() == Account.Kind.OPEN) {
      return SecurityMode.ENCRYPTED;
    }
    return switch (account.mode()) {
      case PLAIN -> SecurityMode.PLAIN;
      case COMPATIBLE -> SecurityMode.COMPATIBLE;
      case ENCRYPTED -> SecurityMode.ENCRYPTED;
    };
  }

  private static Product product(Account.Kind kind) {
    return switch (kind) {
      case MP -> Product.MP;
      case MINI -> Product.MINI;
      case WECOM -> Product.WECOM;
      case OPEN -> Product.OPEN;
      case PAY -> Product.PAY;
    };
  }

  private static @Nullable EncodingAesKey key(@Nullable Secret secret) {
    return secret == null ? null : EncodingAesKey.parse(secret.reveal());
  }

  private @Nullable PushTarget nobody(Reason why) {
    reason = why;
    return null;
  }
}

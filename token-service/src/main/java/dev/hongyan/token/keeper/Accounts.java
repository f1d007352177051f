package dev.hongyan.token.keeper;

import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.TokenMode;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where the secrets of accounts come from. */
public interface Accounts {

  /**
   * What WeChat wants to see for this account; null when there is no such account, its tenant is
   * suspended, it has no secret, or it is of a kind that gets its tokens in another way (WeCom,
   * open platform, Pay). Any thread.
   */
  @Nullable AppCredentials find(String tenant, String account);

  /** Calls {@code listener} with the tenant after anything about it changed, on any thread. */
  void onChange(Consumer<String> listener);

  /** The accounts of the directory, each by the endpoint that it names. */
  static Accounts of(TenantDirectory directory) {
    return of(
        directory,
        (tenant, account) ->
            switch (account.tokenMode()) {
              case STABLE -> TokenMode.STABLE;
              case CLASSIC -> TokenMode.CLASSIC;
            });
  }

  /** The accounts of the directory, each by the endpoint that {@code modes} names. */
  static Accounts of(TenantDirectory directory, BiFunction<Tenant, Account, TokenMode> modes) {
    return new Accounts() {
      @Override
      public @Nullable AppCredentials find(String tenant, String account) {
        Tenant found = directory.find(tenant);
        Account a = found == null || found.suspended() ? null : found.account(account);
        if (found == null || a == null || a.secret() == null) {
          return null;
        }
        return a.kind() == Account.Kind.MP || a.kind() == Account.Kind.MINI
            ? new AppCredentials(a.appId(), a.secret(), modes.apply(found, a))
            : null;
      }

      @Override
      public void onChange(Consumer<String> listener) {
        directory.onChange(change -> listener.accept(change.tenant()));
      }
    };
  }
}

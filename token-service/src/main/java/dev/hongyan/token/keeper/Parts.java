package dev.hongyan.token.keeper;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.token.TokenCache;
import dev.hongyan.token.fetch.WeChatTokenClient;
import dev.hongyan.token.lease.LeasePolicy;
import dev.hongyan.token.store.TokenStore;
import java.util.function.DoubleSupplier;

/** What all leases of a process share. */
record Parts(
    Clock clock,
    Timers timers,
    TokenStore store,
    WeChatTokenClient client,
    TokenCache cache,
    Watch watch,
    LeasePolicy policy,
    DoubleSupplier random) {}

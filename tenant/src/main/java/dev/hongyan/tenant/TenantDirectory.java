package dev.hongyan.tenant;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.quota.Quota;
import dev.hongyan.tenant.quota.Quotas;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All tenants in memory, for whoever has to know one now: a look-up costs a hash, on any thread.
 * Follows the store within a second; a change made through this node is here before it is answered.
 */
public final class TenantDirectory {
  private final ConcurrentHashMap<String, Tenant> tenants = new ConcurrentHashMap<>();
  private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
  private final Quotas quotas;

  public TenantDirectory() {
    this(Clock.system());
  }

  public TenantDirectory(Clock clock) {
    quotas = new Quotas(clock, this::quotaOf);
  }

  /**
   * What happened to one tenant.
   *
   * @param before null when it was added
   * @param after null when it was removed
   */
  public record Change(String tenant, @Nullable Tenant before, @Nullable Tenant after) {
    public boolean isAdded() {
      return before == null;
    }

    public boolean isRemoved() {
      return after == null;
    }
  }

  /** The tenant, suspended or not, or null. */
  public @Nullable Tenant find(String tenant) {
    return tenants.get(tenant);
  }

  /** The account, or null when it or its tenant does not exist. */
  public @Nullable Account find(String tenant, String account) {
    Tenant found = tenants.get(tenant);
    return found == null ? null : found.account(account);
  }

  /** What tenants may use, and what is left of it. */
  public Quotas quotas() {
    return quotas;
  }

  private @Nullable Quota quotaOf(String tenant) {
    Tenant found = tenants.get(tenant);
    return found == null ? null : found.quota();
  }

  public int size() {
    return tenants.size();
  }

  /** All tenants at this moment, in no order; weakly consistent while it changes. */
  public Collection<Tenant> all() {
    return Collections.unmodifiableCollection(tenants.values());
  }

  /**
   * Calls {@code listener} after each change, on the thread that made it: be quick, and hop to your
   * own context. Changes of one tenant come in order.
   */
  public void onChange(Consumer<Change> listener) {
    listeners.add(listener);
  }

  /**
   * Takes a snapshot unless a newer one is here. One change at a time, so that listeners hear them
   * in their order; and told only once it is here, so that whoever hears of it also finds it.
   */
  synchronized void put(Tenant tenant) {
    Tenant before = tenants.get(tenant.id());
    if (before == null || before.version() < tenant.version()) {
      tenants.put(tenant.id(), tenant);
      tell(new Change(tenant.id(), before, tenant));
    }
  }

  /** Removes it unless something newer than {@code upTo} is here. */
  synchronized void remove(String tenant, long upTo) {
    Tenant before = tenants.get(tenant);
    if (before != null && before.version() <= upTo) {
      tenants.remove(tenant);
      tell(new Change(tenant, before, null));
    }
  }

  private void tell(Change change) {
    quotas.changed(change.tenant());
    listeners.forEach(l -> l.accept(change));
  }
}

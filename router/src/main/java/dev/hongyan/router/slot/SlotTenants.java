package dev.hongyan.router.slot;

import dev.hongyan.tenant.TenantDirectory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Which tenants fall into which slot, so that a slot that comes or goes costs its own tenants only.
 * For one event loop.
 */
public final class SlotTenants {
  private final TenantDirectory directory;
  private final Map<Integer, Set<String>> bySlot = new HashMap<>();

  /**
   * @param loop runs a task on this event loop, from any thread
   */
  public SlotTenants(TenantDirectory directory, Executor loop) {
    this.directory = directory;
    directory.onChange(change -> loop.execute(() -> index(change.tenant())));
    directory.all().forEach(tenant -> index(tenant.id()));
  }

  private void index(String tenant) {
    int slot = Slots.of(tenant);
    if (directory.find(tenant) != null) {
      bySlot.computeIfAbsent(slot, s -> new HashSet<>()).add(tenant);
    } else {
      Set<String> others = bySlot.get(slot);
      if (others != null) {
        others.remove(tenant);
      }
    }
  }

  /** The tenants of a slot, in no order. */
  public List<String> of(int slot) {
    Set<String> some = bySlot.get(slot);
    return some == null ? List.of() : new ArrayList<>(some);
  }
}

package dev.hongyan.tenant;

import dev.hongyan.observability.time.Timers;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the directory at what the store says: asks three times a second what has changed (two small
 * reads), and once a minute compares everything, which also heals whatever was missed. A store that
 * is away leaves the directory as it is.
 */
final class TenantFollower {
  private static final Logger LOG = LoggerFactory.getLogger(TenantFollower.class);
  private static final Duration ASK_EVERY = Duration.ofMillis(300);
  private static final Duration SWEEP_EVERY = Duration.ofSeconds(1);
  private static final Duration COMPARE_EVERY = Duration.ofMinutes(1);

  private final TenantStore store;
  private final TenantDirectory directory;
  private final Timers timers;
  private Timers.@Nullable Cancellable asking;
  private Timers.@Nullable Cancellable comparing;
  private Timers.@Nullable Cancellable sweeping;
  private long seen;
  private boolean busy;

  TenantFollower(TenantStore store, TenantDirectory directory, Timers timers) {
    this.store = store;
    this.directory = directory;
    this.timers = timers;
  }

  Future<Void> start() {
    return store
        .changes(Long.MAX_VALUE >> 10)
        .compose(
            now -> {
              seen = now.upTo();
              return compare();
            })
        .onSuccess(
            loaded -> {
              LOG.info("{} tenants loaded", directory.size());
              asking = timers.every(ASK_EVERY, () -> once(ask()));
              sweeping = timers.every(SWEEP_EVERY, () -> once(store.sweepAgain()));
              comparing = timers.every(COMPARE_EVERY, () -> once(compare()));
            });
  }

  void stop() {
    if (asking != null) {
      asking.cancel();
    }
    if (sweeping != null) {
      sweeping.cancel();
    }
    if (comparing != null) {
      comparing.cancel();
    }
  }

  private void once(Future<Void> work) {
    var unused =
        work.onFailure(e -> LOG.debug("The store was not asked for tenants: {}", e.getMessage()));
  }

  private Future<Void> ask() {
    if (busy) {
      return Future.succeededFuture();
    }
    busy = true;
    return store.changes(seen).compose(this::follow).onComplete(done -> busy = false);
  }

  private Future<Void> follow(TenantStore.Changes changes) {
    if (changes.upTo() < seen) {
      // The store has lost its past (or is another one): begin anew.
      seen = changes.upTo();
      return compare();
    }
    if (changes.ids().isEmpty()) {
      seen = changes.upTo();
      return Future.succeededFuture();
    }
    List<String> ids = changes.ids();
    Map<String, Long> before = versions(ids);
    return store
        .readAll(ids)
        .map(
            found -> {
              Set<String> there = new HashSet<>();
              for (Tenant tenant : found) {
                there.add(tenant.id());
                directory.put(tenant);
              }
              before.forEach(
                  (id, version) -> {
                    if (!there.contains(id)) {
                      directory.remove(id, version);
                    }
                  });
              seen = changes.upTo();
              return null;
            });
  }

  private Future<Void> compare() {
    Map<String, Long> gone = versions(directory.all().stream().map(Tenant::id).toList());
    return store
        .each(
            tenant -> {
              gone.remove(tenant.id());
              directory.put(tenant);
            })
        .onSuccess(all -> gone.forEach(directory::remove));
  }

  private Map<String, Long> versions(Iterable<String> ids) {
    Map<String, Long> versions = new HashMap<>();
    for (String id : ids) {
      Tenant known = directory.find(id);
      if (known != null) {
        versions.put(id, known.version());
      }
    }
    return versions;
  }
}

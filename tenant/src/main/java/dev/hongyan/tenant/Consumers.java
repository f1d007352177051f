package dev.hongyan.tenant;

import dev.hongyan.tenant.routing.ConsumerPlaces;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells which consumers come and go with changes of tenants. */
final class Consumers {
  private static final Logger LOG = LoggerFactory.getLogger(Consumers.class);

  /** Places that are asked for at once. */
  private static final int AT_ONCE = 250;

  private final ConsumerPlaces places;

  Consumers(ConsumerPlaces places) {
    this.places = places;
  }

  /** What becomes of a tenant; {@code before} is null for a new one. */
  record Change(@Nullable Tenant before, Tenant after) {
    private boolean changesConsumers() {
      return before == null
          || before.routing() != after.routing()
          || before.sends() != after.sends();
    }

    private Set<String> consumersBefore() {
      return before == null ? Set.of() : before.consumers();
    }
  }

  private record Place(String tenant, String consumer) {}

  /** Makes the places of those that come; to be done before the changes are written. */
  Future<Void> come(List<Change> changes) {
    List<Place> all = new ArrayList<>();
    for (Change c : changes) {
      if (c.changesConsumers()) {
        add(c.after().id(), c.consumersBefore(), c.after().consumers(), all);
      }
    }
    Future<Void> done = Future.succeededFuture();
    for (int i = 0; i < all.size(); i += AT_ONCE) {
      List<Place> some = all.subList(i, Math.min(all.size(), i + AT_ONCE));
      done = done.compose(before -> begin(some));
    }
    return done;
  }

  private Future<Void> begin(List<Place> some) {
    return Future.join(some.stream().map(p -> places.begins(p.tenant(), p.consumer())).toList())
        .mapEmpty();
  }

  /**
   * Forgets the places of those that go; to be done after the changes are written. Never fails:
   * what stays behind belongs to nobody.
   */
  Future<Void> go(List<Change> changes) {
    List<Place> all = new ArrayList<>();
    for (Change c : changes) {
      if (c.changesConsumers()) {
        add(c.after().id(), c.after().consumers(), c.consumersBefore(), all);
      }
    }
    Future<Void> done = Future.succeededFuture();
    for (Place place : all) {
      done = done.compose(before -> end(place));
    }
    return done;
  }

  private Future<Void> end(Place place) {
    return places
        .ends(place.tenant(), place.consumer())
        .recover(
            failure -> {
              LOG.warn(
                  "The place of {} in the log of {} stays: {}",
                  place.consumer(),
                  place.tenant(),
                  failure.getMessage());
              return Future.succeededFuture();
            });
  }

  /** Adds what is among {@code these} and not among {@code those}. */
  private static void add(String tenant, Set<String> those, Set<String> these, List<Place> to) {
    for (String consumer : these) {
      if (!those.contains(consumer)) {
        to.add(new Place(tenant, consumer));
      }
    }
  }
}

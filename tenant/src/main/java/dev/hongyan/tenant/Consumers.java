package dev.hongyan.tenant;

import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.Routing;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells which consumers come and go with changes of routing. */
final class Consumers {
  private static final Logger LOG = LoggerFactory.getLogger(Consumers.class);

  /** Places that are asked for at once. */
  private static final int AT_ONCE = 250;

  private final ConsumerPlaces places;

  Consumers(ConsumerPlaces places) {
    this.places = places;
  }

  /** What becomes of a tenant's routing. */
  record Change(String tenant, Routing before, Routing after) {}

  private record Place(String tenant, String consumer) {}

  /** Makes the places of those that come; to be done before the changes are written. */
  Future<Void> come(List<Change> changes) {
    List<Place> all = new ArrayList<>();
    changes.forEach(c -> add(c.tenant(), c.before(), c.after(), all));
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
    changes.forEach(c -> add(c.tenant(), c.after(), c.before(), all));
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

  /** Adds the consumers of {@code these} that {@code those} do not have. */
  private static void add(String tenant, Routing those, Routing these, List<Place> to) {
    if (those != these) {
      Set<String> consumers = these.consumers();
      consumers.removeAll(those.consumers());
      consumers.forEach(consumer -> to.add(new Place(tenant, consumer)));
    }
  }
}

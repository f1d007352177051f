package dev.hongyan.tenant.routing;

import io.vertx.core.Future;

/**
 * The places that a tenant's destinations and routes have in its log, told of those that come and
 * go. Called from any context.
 */
public interface ConsumerPlaces {
  /** Keeps none: for where nobody reads the log. */
  ConsumerPlaces NONE =
      new ConsumerPlaces() {
        @Override
        public Future<Void> begins(String tenant, String consumer) {
          return Future.succeededFuture();
        }

        @Override
        public Future<Void> ends(String tenant, String consumer) {
          return Future.succeededFuture();
        }
      };

  /**
   * Makes a place at the end of the log unless the consumer has one already. Done before the
   * configuration with that consumer is written, so that a message which is published right after
   * is not missed. When the configuration is not written after all, the place stays behind: it
   * belongs to nobody.
   *
   * @param consumer {@link Routing#consumerOfDestination} or {@link Routing#consumerOfRoute}
   */
  Future<Void> begins(String tenant, String consumer);

  /**
   * Forgets the place; called after the configuration without that consumer is written. A failure
   * is logged and nothing else.
   */
  Future<Void> ends(String tenant, String consumer);
}

package dev.hongyan.observability.bus;

/**
 * A conversation on the event bus.
 *
 * @param name the address itself, e.g. {@code router.slot.17}
 * @param query what is sent there; an immutable record or final class, shared by reference inside
 *     one JVM
 * @param reply what comes back ({@code Void} for one-way traffic)
 */
public record Address<Q, R>(String name, Class<Q> query, Class<R> reply) {

  /**
   * The same conversation at a numbered address: {@code router.slot} and 17 make {@code
   * router.slot.17}.
   */
  public Address<Q, R> at(Object suffix) {
    return new Address<>(name + "." + suffix, query, reply);
  }
}

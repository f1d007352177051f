package dev.hongyan.tenant.store;

import dev.hongyan.observability.problem.Problem;
import io.vertx.redis.client.impl.types.ErrorType;
import java.util.Set;

/**
 * What a failure of the client means to us.
 *
 * @param told what the caller gets
 * @param connectionIsGone whether the connection is of no use any more
 */
record RedisFailure(RuntimeException told, boolean connectionIsGone) {
  /** Not the server we want any more: a former master, or one that is starting. */
  private static final Set<String> ELSEWHERE =
      Set.of("READONLY", "LOADING", "MASTERDOWN", "CONNECTION_CLOSED", "UNBLOCKED");

  /** The right server, but it cannot keep anything now. */
  private static final Set<String> UNABLE =
      Set.of("OOM", "MISCONF", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "BUSY");

  static RedisFailure of(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof ErrorType) {
      StoreError error = new StoreError(message);
      if (ELSEWHERE.contains(error.code())) {
        return new RedisFailure(unavailable(error.code()), true);
      }
      return new RedisFailure(
          UNABLE.contains(error.code()) ? unavailable(error.code()) : error, false);
    }
    if (message.startsWith("Redis waiting queue is full")) {
      return new RedisFailure(
          Problem.OVERLOADED.because("Too many commands wait for the store"), false);
    }
    // The client's text repeats the arguments, which may be secret.
    if (message.startsWith("Redis command is not valid")) {
      return new RedisFailure(new IllegalArgumentException("not a valid Redis command"), false);
    }
    if (message.contains("CROSSSLOT") || message.contains("same hash slot")) {
      return new RedisFailure(new IllegalArgumentException("keys of several hash slots"), false);
    }
    return new RedisFailure(unavailable("connection lost"), true);
  }

  private static RuntimeException unavailable(String why) {
    return Problem.STORE_UNAVAILABLE.because("The store cannot take commands (" + why + ")");
  }
}

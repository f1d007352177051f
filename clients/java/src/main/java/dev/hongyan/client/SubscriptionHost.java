package dev.hongyan.client;

import java.util.concurrent.Executor;
import java.util.function.DoubleSupplier;

/** What a subscription needs of its client. */
interface SubscriptionHost {
  Loop loop();

  DoubleSupplier random();

  /** Where handlers run. */
  Executor workers();

  void emit(ClientEvent event);

  /** An answer to {@code subscribe} has come. */
  void settled();

  /** It wants to be attached again. */
  void wanted(Subscription subscription);

  void ended(Subscription subscription, boolean forgetLater);
}

/**
 * What the owner of a tenant does for it: holds the leases, trims the logs, and brings together
 * what is owned. Shared queues, consumers and the schedule themselves live next door.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.dispatch;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

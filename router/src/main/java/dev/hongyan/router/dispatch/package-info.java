/**
 * What the owner of a tenant does for it: retention now; destinations, shared queues and schedules
 * live here too.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.dispatch;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

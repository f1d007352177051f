/**
 * The shell around the leases of one process: timers, store, WeChat client, bus address, metrics
 * and health. Decisions are made in the lease package.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.token.keeper;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Which node owns which tenants: 256 slots, leased in the store with a fencing number that only
 * grows.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.slot;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

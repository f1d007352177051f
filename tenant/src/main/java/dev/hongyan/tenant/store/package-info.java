/**
 * The way to Redis: addresses, links, key names, scripts, and the Redis that we start ourselves.
 * What is kept there is decided by others.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.store;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

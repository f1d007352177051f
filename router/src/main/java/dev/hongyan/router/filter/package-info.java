/**
 * Filters of routes: CEL expressions over an event, compiled once and run on the event loop. Which
 * route has which filter is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.filter;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

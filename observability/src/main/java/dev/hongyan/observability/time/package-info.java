/**
 * Where time comes from: clocks and timers that are handed in, real or moved by hand. No scheduling
 * policy lives here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.time;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

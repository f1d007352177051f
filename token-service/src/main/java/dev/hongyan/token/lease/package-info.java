/**
 * The life of one credential as a plain state machine: events and the time go in, effects come out.
 * No Vert.x, no Future, no clock, no I/O.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.token.lease;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

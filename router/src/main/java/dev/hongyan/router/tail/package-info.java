/**
 * The live end of the logs on one event loop: what was just appended, in order and without holes,
 * for whoever watches. Hints come by memory from the other loops and through the store from other
 * processes; a hole is filled from the log.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.tail;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

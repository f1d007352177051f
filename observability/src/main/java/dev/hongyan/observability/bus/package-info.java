/**
 * The typed edge of the Vert.x event bus: an address says what is asked and what comes back. No
 * address string and no cast of a body anywhere else.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.bus;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

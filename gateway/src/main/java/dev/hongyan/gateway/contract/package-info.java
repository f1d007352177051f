/**
 * The description of the admin API as the program reads it: which operations there are, who may use
 * them, and what their parameters and bodies must look like. Knows nothing of routers, callers or
 * what the operations do.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.contract;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * The load generator: one thread, thousands of sockets, sends when it was meant to whether or not
 * answers have come. Knows the protocol on the wire, and of the server's code only how delayed
 * messages are put into its store.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench.load;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

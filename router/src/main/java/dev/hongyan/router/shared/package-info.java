/**
 * Shared subscriptions at their owner: the queue that spreads a log over the connections of one
 * name, how it is loaded and saved, and its conversation with the hubs that hold the sockets. Knows
 * no socket.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.shared;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * How a tenant's own message gets into its log: the one way behind the API and the WebSocket. Knows
 * the envelope and the log, not who publishes.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.publish;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * WebSocket sessions of protocol {@code hongyan.v1}: from the handshake to the frames. A session
 * holds subscriptions, a subscription is a cursor that walks the tenant's log; nothing here buffers
 * messages. Knows the log and the tail of the router, not who writes them.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.session;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

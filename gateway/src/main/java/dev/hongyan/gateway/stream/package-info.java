/**
 * Reading over plain HTTP, for those who cannot have a WebSocket: Server-Sent Events and long
 * polls. Requests become sessions of {@code session}, which does the reading; here is only how a
 * request asks and how an answer looks.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.stream;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

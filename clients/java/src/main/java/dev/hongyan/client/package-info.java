/**
 * A client of the platform: one WebSocket that mends itself, subscriptions that resume, publishes
 * that wait for a connection. Uses {@code java.net.http} alone; no module of the server is seen
 * here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.client;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

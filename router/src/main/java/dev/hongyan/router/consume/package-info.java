/**
 * A tenant's consumers at the owner: each destination and route walks the log with a cursor of its
 * own, in order per subject, retries what failed, and accounts for every message. What is sent
 * where is a {@link dev.hongyan.router.consume.Sink}'s business; WebSocket work queues are in
 * {@code shared}.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.consume;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

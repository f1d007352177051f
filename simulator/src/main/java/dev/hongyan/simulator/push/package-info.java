/**
 * What a simulated WeChat says: messages and events as documents, hand-made or random from a seed.
 * Knows nothing of HTTP, signatures or retries.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator.push;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

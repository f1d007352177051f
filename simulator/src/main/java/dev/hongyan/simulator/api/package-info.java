/**
 * The API side of a simulated WeChat, over real HTTP: tokens, tickets, sends, media, menu, users,
 * with WeChat's limits, errors and moods. What it pushes goes through {@code delivery}.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator.api;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * What it means to be well: named checks with their latency, gathered into one report. The
 * management port shows it.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.health;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

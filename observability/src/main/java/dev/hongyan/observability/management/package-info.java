/**
 * The management port (9090): metrics, health, liveness, readiness. Thin HTTP over the metrics and
 * health packages.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.management;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Where a message is in its trace, which traces are kept, and how their spans get to a collector.
 * What a span is called and what it says is up to whoever did the work; OpenTelemetry's own classes
 * stay in here, and are not loaded while tracing is off.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.tracing;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Where a message is in its trace, which traces are kept, and how their spans get to a collector.
 * What a span is called and what it says is up to whoever did the work; how OpenTelemetry writes it
 * down stays in here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.tracing;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

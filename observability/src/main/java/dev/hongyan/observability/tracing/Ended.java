package dev.hongyan.observability.tracing;

import org.jspecify.annotations.Nullable;

/**
 * A step that is over and goes to the collector.
 *
 * @param beganNanos since 1970
 * @param endedNanos since 1970
 * @param error a few words without secrets; null when it ended well
 * @param attributes name, value, name, value …; a value is a text, a {@code Long}, or null for none
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
record Ended(
    Span span,
    Kind kind,
    String name,
    long beganNanos,
    long endedNanos,
    @Nullable String error,
    @Nullable Object[] attributes) {}

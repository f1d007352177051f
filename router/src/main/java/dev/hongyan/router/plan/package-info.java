/**
 * From what a tenant has configured to its consumers: which messages each gets, and the sinks that
 * take them. Sending itself is in {@code destination}, walking the log in {@code consume}.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.plan;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

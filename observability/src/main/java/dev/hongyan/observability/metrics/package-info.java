/**
 * Every series we export, named once with its meaning and unit, and the recorder that feeds them.
 * Labels are bounded; nothing here knows HTTP.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.metrics;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

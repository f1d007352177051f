/**
 * The one catalogue of what can go wrong: stable codes with their HTTP status, WebSocket close code
 * and advice. Edges translate it; domain code only names it.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.problem;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Tokens in Redis: sealed, fenced, and one refresh at a time in the whole cluster. When to refresh
 * is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.token.store;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Topics and patterns: dot-separated words, {@code *} for one word and {@code #} for any number,
 * matched in a trie. Knows nothing of messages or tenants.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.topic;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

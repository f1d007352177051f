/**
 * What a node is to the others: its name and its leased number, from which message ids are made.
 * Knows the store, nothing of messages.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.node;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

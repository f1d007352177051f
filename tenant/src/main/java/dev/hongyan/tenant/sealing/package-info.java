/**
 * The change of master keys: all nodes agree on the one that seals, and what was sealed with
 * another is sealed anew. Keys and ciphers themselves are in {@code secret}.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.sealing;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

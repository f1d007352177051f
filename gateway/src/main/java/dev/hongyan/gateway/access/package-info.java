/**
 * Who is behind a request: reads keys and tokens and slows the guessing of them. What a caller may
 * do is decided by each door.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.access;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * The command: which scenarios run, one after the other, and where their results go. No load and no
 * measuring here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

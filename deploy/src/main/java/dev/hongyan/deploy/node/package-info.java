/**
 * One node: everything wired into one JVM, started in order and stopped in the reverse order. Knows
 * every module; no module knows it.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.deploy.node;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

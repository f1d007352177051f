/**
 * The processes that are measured: starting, pinning, killing and ending them, and what the kernel
 * and the JVM say about their cost.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench.process;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/** Benchmarks of single steps (JMH), for {@code bin/bench jmh}. No I/O. */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench.small;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

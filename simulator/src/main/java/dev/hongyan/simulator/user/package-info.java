/** The people who write to simulated accounts. What they write is in {@code push}. */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator.user;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

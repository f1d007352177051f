/** Small servers of our own to compare with, run as processes of their own. */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench.peer;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

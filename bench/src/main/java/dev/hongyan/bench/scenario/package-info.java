/**
 * One class for each thing that is shown. A scenario starts its server, loads it and says what it
 * saw.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench.scenario;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * What WeChat would never send: requests to be refused, each made to fail at one check. For tests
 * of receivers.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator.hostile;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

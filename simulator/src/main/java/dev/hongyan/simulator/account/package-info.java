/** The account owner's side of the push settings, as a simulated WeChat remembers them. */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator.account;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

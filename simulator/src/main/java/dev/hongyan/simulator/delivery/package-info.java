/**
 * How a simulated WeChat delivers: tries, deadlines, MarkFail, the judging of answers, the rate of
 * a flow. What is in a push is no concern here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator.delivery;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

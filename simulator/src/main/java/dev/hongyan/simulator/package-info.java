/**
 * A WeChat on the desk: the door for tests ({@link dev.hongyan.simulator.WeChatSimulator}) and the
 * command {@code hongyan simulate}. What is pushed and how it is delivered live in packages below.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.simulator;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * The calls that get tokens and tickets from WeChat, over a list of hosts. Nothing is remembered
 * here but which host did not answer.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.token.fetch;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

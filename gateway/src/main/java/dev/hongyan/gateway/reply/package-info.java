/**
 * Answers to pushes: pushes that wait for one, and the way of an answer to the push that waits, in
 * whatever process, or else to the user as a customer-service message. How a reply is written and
 * sealed is in {@code dev.hongyan.wechat.reply}.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.reply;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * The door WeChat knocks at: from an HTTP request to a message that is durable, answered only then.
 * How a push is verified and read is in {@code dev.hongyan.wechat}; who receives it is not known
 * here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.webhook;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

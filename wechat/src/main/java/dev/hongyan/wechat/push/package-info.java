/**
 * From an HTTP request of WeChat to a verified, decrypted, named message, with every refusal as a
 * value that says at which check it happened; and the way back for tests and simulators. Replay
 * memory and de-duplication storage stay outside.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.push;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Passive replies: the documents a user sees in answer to a push, and their sealing with the key
 * that opened the push.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.reply;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

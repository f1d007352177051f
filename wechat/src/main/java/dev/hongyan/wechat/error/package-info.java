/** What WeChat's errcodes ask the caller to do, as data. Doing it is the caller's business. */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.error;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

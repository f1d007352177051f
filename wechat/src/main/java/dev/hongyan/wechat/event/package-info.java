/**
 * What is known about WeChat's events: which fields tell two events apart. An event that is not in
 * the catalogue is a normal event.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.event;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

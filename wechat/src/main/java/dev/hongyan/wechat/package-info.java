/**
 * WeChat's protocol as plain Java values: what a push is, how it is signed, sealed and answered. No
 * I/O, no clock, no logging, no framework: bytes come in as arrays, time and randomness as
 * arguments.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Sends: what a tenant has WeChat say to a user, as messages of its log, so that each is durable,
 * can be delayed, is tried again as its errcode asks, and ends in the dead letters when WeChat does
 * not want it. Calls of WeChat's API that a tenant makes itself are not here: they pass the proxy.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.send;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

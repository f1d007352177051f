/**
 * The way to WeChat's API under WeChat's own paths: who may call what, tokens put in on the way
 * out, fallback hosts, breakers, quotas. Getting tokens is the token service's business; what
 * WeChat's errcodes mean is data of the {@code wechat} module.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.proxy;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

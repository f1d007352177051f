/**
 * What our HTTP doors share: request ids, problem documents, JSON bodies with limits, security
 * headers. No routes and no decisions about tenants.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.http;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

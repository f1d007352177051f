/**
 * The admin API under {@code /api/v1}: who may ask what, and the translation between HTTP and the
 * services that do it. What a tenant or a message is lives elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.admin;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

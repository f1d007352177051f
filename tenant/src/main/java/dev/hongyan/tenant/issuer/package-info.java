/**
 * Tenants' own issuers of JWTs: how they are configured, and whether a token of one is good. Pure:
 * keys that are behind an address are fetched by the gateway.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.issuer;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

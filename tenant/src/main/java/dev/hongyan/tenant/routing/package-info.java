/**
 * Where a tenant's messages go: its destinations and routes, as values. What the admin API and the
 * tenant files say is read and checked here; nothing is sent or matched here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.routing;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

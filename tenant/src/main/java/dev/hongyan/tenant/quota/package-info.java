/**
 * How much of the platform a tenant may use: limits and ceilings, one budget over all nodes, and
 * the share of it that this node holds in memory. Knows no doors: who refuses, and how, is theirs.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.quota;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Who did what to a tenant, as a chain of hashes in the store that shows where somebody changed it.
 * What is worth an entry, and who may read it, is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.audit;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Counts what each tenant uses, in memory. What becomes of the counts (days, the store, the API) is
 * somebody else's.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.usage;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

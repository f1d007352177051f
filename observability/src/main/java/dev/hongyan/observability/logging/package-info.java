/**
 * How we log: one JSON object a line with tenant and request id, and masking of what must not be
 * read. Callers use SLF4J; only the launcher calls this package to set it up.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.observability.logging;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

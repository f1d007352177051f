/**
 * Where consumers stand in a log: the cursor that clients see, and the stored floor of each durable
 * name, guarded by generations.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.cursor;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

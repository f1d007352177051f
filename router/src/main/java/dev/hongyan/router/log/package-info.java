/**
 * The tenant's durable log in the store: append with de-duplication, read, head, trim. The truth of
 * the platform; nothing here knows who reads.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.log;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

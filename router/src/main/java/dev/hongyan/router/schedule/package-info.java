/**
 * Messages that are published now for later. They wait in the store, not in the log; the tenant's
 * owner puts each into the log when it is due, once. Attempts that wait to be repeated are not
 * here: their consumers keep them.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.schedule;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Where pushes go while the store does not take them: onto the local disk, and from there into the
 * log, in order, once it does. What a push is and how it is answered is not known here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.spool;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

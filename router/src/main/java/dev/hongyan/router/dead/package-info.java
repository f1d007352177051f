/**
 * Dead letters: messages that a consumer gave up, with why, until somebody looks at them. Who gives
 * up, and when, is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.dead;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

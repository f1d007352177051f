/**
 * The shape of a message on its way out: the CloudEvents envelope, written once as bytes, and the
 * time-ordered ids in it.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.envelope;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

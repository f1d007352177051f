/**
 * The sending side of HTTP destinations: one signed attempt to a checked address, what its answer
 * means, when the next one may come and how a destination's health is told. Which message goes when
 * is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.destination;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * The doors of the platform on port 8080. This package opens the port and gives each path to its
 * door: {@code webhook}, {@code session}, {@code stream}, {@code admin}, {@code console}. What a
 * message means is decided in the router, never here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

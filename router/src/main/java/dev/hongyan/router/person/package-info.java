/**
 * Takes a person's data out of everything that is kept for a tenant. Who may ask for it, and what
 * is told about it, is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.person;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/**
 * Secrets at rest and in memory: the master key, sealing with it, and a value that hides itself.
 * Who may see a secret is decided elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.secret;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

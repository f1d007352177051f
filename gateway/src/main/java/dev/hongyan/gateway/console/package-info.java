/**
 * The page at {@code /}: a window onto a tenant's live stream, made of files that ship with the
 * program. Speaks to the server like any other client; no logic of its own here.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.console;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/** Who is calling: the operator key, API keys and client tokens, made and checked. No HTTP. */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.access;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

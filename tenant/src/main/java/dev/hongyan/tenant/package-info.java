/**
 * Who is served: tenants and their WeChat accounts, read from memory and kept in the store. No
 * credentials of callers (access), no YAML (folder).
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

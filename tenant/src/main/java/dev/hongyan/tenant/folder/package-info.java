/**
 * Tenants from a watched folder of YAML files. Reads files and hands tenants to the service; keeps
 * nothing itself.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.folder;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

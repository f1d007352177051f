/**
 * What tenants used, by day: kept in the store and read back. Counting is the meters' business
 * (observability), and showing it the API's.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.usage;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

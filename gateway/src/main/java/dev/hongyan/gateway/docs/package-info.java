/**
 * The page at {@code /api/docs} that shows the contract and tries it out: Swagger UI out of its
 * jar, with our first page and nothing from elsewhere. Knows no operation.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.gateway.docs;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

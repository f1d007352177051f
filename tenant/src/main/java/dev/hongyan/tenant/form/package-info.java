/**
 * Reading what people write: JSON objects field by field, with every mistake noted, and spans of
 * time. What the fields mean is known elsewhere.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.tenant.form;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

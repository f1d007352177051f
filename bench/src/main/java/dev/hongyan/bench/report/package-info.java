/** What was measured, as a Markdown table and as JSON, with what somebody needs to repeat it. */
@NullMarked
@CheckReturnValue
package dev.hongyan.bench.report;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

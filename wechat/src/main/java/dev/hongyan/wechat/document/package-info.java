/**
 * A small tree of what a push says, whether it came as XML or JSON, and its JSON form. The JSON
 * reader lives here too; the XML reader is in {@code xml}. No WeChat meaning except which names are
 * lists, numbers and ids.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.document;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

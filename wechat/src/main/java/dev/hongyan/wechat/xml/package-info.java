/**
 * The only way XML enters or leaves: a bounded scanner that knows no DTD, and a writer for reply
 * and push documents.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.xml;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

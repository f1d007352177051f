/**
 * WeChat's credentials as the rest of Hongyan sees them: a token, how to ask for one, how to say
 * that it was refused, and page signatures. How tokens are kept alive lives in the packages below.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.token;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

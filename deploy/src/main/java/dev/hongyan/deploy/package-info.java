/**
 * The command line: {@code hongyan serve} and its sisters. Reads arguments, prints, sets the exit
 * status; what runs is in the {@code node} package.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.deploy;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

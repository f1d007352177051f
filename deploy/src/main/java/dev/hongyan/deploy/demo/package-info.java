/**
 * The demonstration behind {@code bin/demo}: a node as a child process, a simulated WeChat that
 * pushes to two tenants, and a subscriber for each. Uses the platform only from outside, as a
 * customer would.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.deploy.demo;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

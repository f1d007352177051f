/**
 * What an operator can set: one tree of records, read from a file and the environment and checked
 * as a whole before anything starts. Nothing here opens a port or keeps state.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.deploy.config;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

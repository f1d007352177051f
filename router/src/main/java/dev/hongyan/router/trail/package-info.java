/**
 * What happened to each message, for people who ask: attempts, expiry, dead letters. Best effort
 * and never on the way of a message; the ledger and the log are the truth.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.router.trail;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

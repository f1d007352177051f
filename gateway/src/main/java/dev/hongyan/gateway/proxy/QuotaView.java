package dev.hongyan.gateway.proxy;

import org.jspecify.annotations.Nullable;

/**
 * What is known of one API of an account. Times are epoch milliseconds.
 *
 * @param api WeChat's path
 * @param today calls of WeChat's day, which begins at 0:00 in China
 * @param thisMinute calls of this node in the present minute
 * @param limit of the day; null when nobody knows
 * @param learned whether the limit is what WeChat stopped at, else it is what WeChat documents for
 *     a new account
 * @param heldUntil until when no calls are made; 0 when they are
 * @param heldBy {@code day} or {@code minute}; empty when calls are made
 * @param endsAt when the limit will be reached if calls go on as now; 0 when not today
 */
public record QuotaView(
    String api,
    long today,
    long thisMinute,
    @Nullable Long limit,
    boolean learned,
    long heldUntil,
    String heldBy,
    long endsAt) {}

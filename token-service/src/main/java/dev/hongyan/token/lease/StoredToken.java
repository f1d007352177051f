package dev.hongyan.token.lease;

import dev.hongyan.tenant.secret.Secret;

/**
 * A token as all nodes share it.
 *
 * @param fence number of the refresh that brought it; grows with every refresh
 * @param generation the fence of the first refresh that brought this very value: WeChat may hand
 *     out the same one again
 * @param lifeMillis how long it was good for when it was fetched
 * @param leftMillis how long it is good for now
 */
public record StoredToken(
    Secret value, long fence, long generation, long lifeMillis, long leftMillis) {}

package dev.hongyan.token;

import dev.hongyan.tenant.secret.Secret;

/**
 * What WeChat wants to see before it hands out a token.
 *
 * @param appId WeChat's {@code appid}
 * @param secret WeChat's {@code secret}; hidden in {@code toString}
 */
public record AppCredentials(String appId, Secret secret, TokenMode mode) {}

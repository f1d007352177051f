package dev.hongyan.gateway.admin;

import dev.hongyan.gateway.proxy.QuotaLedger;
import dev.hongyan.token.JsSdk;
import dev.hongyan.token.TokenService;

/**
 * What the admin API needs to speak of an account's tokens and quotas; shared by all event loops.
 */
public record WeChatParts(TokenService tokens, JsSdk pages, QuotaLedger quotas) {}

package dev.hongyan.router.envelope;

import org.jspecify.annotations.Nullable;

/**
 * What is said about a message beside its data; {@link EnvelopeWriter} makes a CloudEvent of both.
 *
 * @param id Snowflake id
 * @param tenant tenant id
 * @param account account id, or null for messages that tenants publish themselves
 * @param topic the CloudEvents {@code type}
 * @param subject openid, userid or whatever the publisher orders by; null for none
 * @param timeMillis when the platform took it, milliseconds since 1970
 * @param wxAppId the account's appid, where there is one
 * @param wxMessageId WeChat's MsgId, where there is one
 * @param traceparent W3C trace context of the caller, or null to start a new trace
 */
public record Envelope(
    long id,
    String tenant,
    @Nullable String account,
    String topic,
    @Nullable String subject,
    long timeMillis,
    @Nullable String wxAppId,
    @Nullable String wxMessageId,
    @Nullable String traceparent) {}

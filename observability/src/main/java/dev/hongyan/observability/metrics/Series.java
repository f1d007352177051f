package dev.hongyan.observability.metrics;

import java.util.List;

/**
 * Every series we export: one sentence each, with its unit and labels. Names are Prometheus names,
 * fixed once released.
 *
 * <p>Labels are bounded: a series has at most {@value #LABELS_MAX} children, what comes after them
 * goes to {@code _other}. A tenant is a label only where the series says so; an openid never is.
 */
public enum Series {
  PUSHES_ACCEPTED(
      "hongyan_pushes_accepted_total",
      Kind.COUNTER,
      "Pushes of WeChat that are in a tenant's log or in the spool and were answered with success,"
          + " by product (mp, mini, wecom, open, pay)",
      "product"),
  PUSHES_REFUSED(
      "hongyan_pushes_refused_total",
      Kind.COUNTER,
      "Requests at the webhook door that were refused, by the check that refused them",
      "stage"),
  PUSHES_DUPLICATE(
      "hongyan_pushes_duplicate_total",
      Kind.COUNTER,
      "Pushes that were in the log already (WeChat tried again) and were answered with success"),
  PUSHES_OTHER_RECEIVER(
      "hongyan_pushes_other_receiver_total",
      Kind.COUNTER,
      "Pushes that were taken though their ToUserName is not the one the account had before: a"
          + " webhook URL may be in the wrong account"),
  REPLIES(
      "hongyan_replies_total",
      Kind.COUNTER,
      "Answers to pushes that a reply route waited for, by outcome (passive, customer-service,"
          + " too-late, invalid: could not be read, none: nobody answered in time, full: too many"
          + " pushes waited)",
      "outcome"),
  REPLIES_WAITING(
      "hongyan_replies_waiting", Kind.GAUGE, "Requests of WeChat that wait for an answer now"),
  LOG_APPENDED("hongyan_log_appended_total", Kind.COUNTER, "Entries appended to tenants' logs"),
  LOG_READ(
      "hongyan_log_read_total",
      Kind.COUNTER,
      "Entries read back from tenants' logs, for replay, slow readers and closed gaps"),
  DELIVERED(
      "hongyan_delivered_total",
      Kind.COUNTER,
      "Messages handed to a consumer, by mode (live, durable, shared, http, handler)",
      "mode"),
  QUEUE_DEPTH(
      "msg_queue_depth",
      Kind.GAUGE,
      "Messages that are in the log and not yet dispatched, by tenant; the deepest 100 by name, the"
          + " rest together as _other",
      "tenant"),
  API_LATENCY(
      "api_latency_seconds",
      Kind.TIMER,
      "Seconds from the request's arrival to its answer, by door (webhook, admin, ws, wxapi) and"
          + " outcome (ok, refused, failed, held: waited for a passive reply)",
      "api",
      "outcome"),
  ACCESS_REFUSED(
      "hongyan_access_refused_total",
      Kind.COUNTER,
      "Keys and tokens that were not taken, by outcome (wrong: looked at and not good, slowed: not"
          + " looked at after too many wrong ones like it)",
      "outcome"),
  SESSIONS("hongyan_sessions", Kind.GAUGE, "WebSocket sessions open now"),
  SUBSCRIPTIONS("hongyan_subscriptions", Kind.GAUGE, "Subscriptions held by open sessions"),
  SESSIONS_CLOSED(
      "hongyan_session_closed_total",
      Kind.COUNTER,
      "WebSocket sessions that ended, by close code",
      "code"),
  FRAMES(
      "hongyan_frames_total",
      Kind.COUNTER,
      "WebSocket text frames, by direction (in, out)",
      "direction"),
  ACKS("hongyan_acks_total", Kind.COUNTER, "Messages acknowledged by consumers"),
  ATTEMPTS_FAILED(
      "hongyan_attempts_failed_total",
      Kind.COUNTER,
      "Deliveries of shared subscriptions that came to nothing, by cause (nack, timeout, takeover)",
      "cause"),
  DEAD_LETTERS(
      "hongyan_dead_letters_total",
      Kind.COUNTER,
      "Messages that went to the dead letters, by reason (terminated, worn-out)",
      "reason"),
  LEDGER_SETTLED(
      "hongyan_ledger_settled_total",
      Kind.COUNTER,
      "Messages whose fate at a destination or route is stored, by outcome (delivered, expired, dead,"
          + " filtered)",
      "outcome"),
  LEDGER_PENDING(
      "hongyan_ledger_pending",
      Kind.GAUGE,
      "Messages that destinations and routes have not settled yet: unread, waiting, under way or to"
          + " be tried again, by tenant",
      "tenant"),
  LEDGER_IMBALANCES(
      "hongyan_ledger_imbalances_total",
      Kind.COUNTER,
      "Consumers whose messages did not add up: received is not delivered, expired, dead, filtered"
          + " and pending together; must stay 0"),
  DESTINATION_EVENTS(
      "hongyan_destination_events_total",
      Kind.COUNTER,
      "What tenants were told about their HTTP destinations, by event (failing, recovered,"
          + " disabled)",
      "event"),
  FILTERS_FAILED(
      "hongyan_filters_failed_total",
      Kind.COUNTER,
      "Messages about which a route's filter could not say anything, so that they did not pass"),
  SPOOL_BYTES(
      "hongyan_spool_bytes",
      Kind.GAUGE,
      "Bytes that the spool on this node's disk takes, with what was set aside"),
  SPOOL_MESSAGES(
      "hongyan_spool_messages",
      Kind.GAUGE,
      "Pushes that were answered with success and wait in the spool for the store"),
  SPOOL_OLDEST(
      "hongyan_spool_oldest_seconds",
      Kind.GAUGE,
      "Seconds that the oldest push has waited in the spool; 0 when there is none"),
  SPOOL_APPENDED(
      "hongyan_spool_appended_total", Kind.COUNTER, "Pushes that were written to the spool"),
  SPOOL_DRAINED(
      "hongyan_spool_drained_total",
      Kind.COUNTER,
      "Pushes that left the spool, by outcome (new: appended to the log, duplicate: was there, gone:"
          + " its tenant was deleted, refused: set aside)",
      "outcome"),
  SPOOL_REFUSED(
      "hongyan_spool_refused_total",
      Kind.COUNTER,
      "Pushes that the spool did not take because it was full or the disk failed"),
  SPOOL_BAD(
      "hongyan_spool_bad_total",
      Kind.COUNTER,
      "Pieces of the spool that were set aside: damaged on the disk, or refused by the log for good"),
  STORE_UP("hongyan_store_up", Kind.GAUGE, "1 while the store answers, else 0"),
  STORE_LATENCY(
      "hongyan_store_latency_seconds",
      Kind.TIMER,
      "Seconds that a round trip to the store takes, by operation (ping)",
      "op"),
  TLS_DAYS_LEFT(
      "hongyan_tls_days_left",
      Kind.GAUGE,
      "Days until the certificate of the public port ends; not there without TLS"),
  MANAGEMENT_TLS_DAYS_LEFT(
      "hongyan_management_tls_days_left",
      Kind.GAUGE,
      "Days until the certificate of the management port ends; not there without TLS"),
  RESEALED(
      "hongyan_resealed",
      Kind.GAUGE,
      "Texts that this node has sealed with another master key since its start"),
  MASTER_KEY_CHANGING(
      "hongyan_master_key_changing",
      Kind.GAUGE,
      "1 while this node wants another master key than the one that seals, else 0"),
  TOKENS_FETCHED(
      "hongyan_tokens_fetched_total",
      Kind.COUNTER,
      "Calls to WeChat for a token or ticket, by outcome (new, same: the one that we had, failed,"
          + " paused: WeChat will say no for some time, stopped: until the settings change)",
      "outcome"),
  TOKENS_SERVED(
      "hongyan_tokens_served_total",
      Kind.COUNTER,
      "Tokens and tickets that were served, by level (memory: no hop; lease: past 80 % of their life"
          + " or asked for by message; store: taken over from another node, once each)",
      "level"),
  TOKENS_INVALIDATED(
      "hongyan_tokens_invalidated_total",
      Kind.COUNTER,
      "Tokens that a caller said WeChat refused, by outcome (dropped, replaced: somebody had said so"
          + " before, again: refused right after it was replaced, so kept)",
      "outcome"),
  TOKENS_FOREIGN(
      "hongyan_tokens_foreign_refreshes_total",
      Kind.COUNTER,
      "Tokens that WeChat refused though they were not expired and not voided by us: another service"
          + " uses the same appid"),
  WXAPI_CALLS(
      "hongyan_wxapi_calls_total",
      Kind.COUNTER,
      "Calls that the proxy passed on to WeChat, by API family (message, user, media, ...)",
      "family"),
  WXAPI_ERRORS(
      "hongyan_wxapi_errors_total",
      Kind.COUNTER,
      "Answers of WeChat with an errcode other than 0, by what it asks for (token_stale, busy,"
          + " quota_day, rate_window, permission, ...)",
      "class"),
  WXAPI_REFUSED(
      "hongyan_wxapi_refused_total",
      Kind.COUNTER,
      "Calls that the proxy answered itself with an error, by errcode (see the guide)",
      "errcode"),
  WXAPI_RETRIES(
      "hongyan_wxapi_retries_total",
      Kind.COUNTER,
      "Calls that were sent once more, by cause (token: WeChat refused the token, host: another host"
          + " was tried, busy: WeChat was busy)",
      "cause"),
  WXAPI_BREAKER_OPENED(
      "hongyan_wxapi_breaker_opened_total",
      Kind.COUNTER,
      "Times that a breaker of a tenant opened because WeChat did not answer, by API family",
      "family"),
  WXAPI_BREAKERS_OPEN(
      "hongyan_wxapi_breakers_open",
      Kind.GAUGE,
      "Breakers towards WeChat that are open now, over all tenants and API families"),
  WXAPI_QUOTA_HELD(
      "hongyan_wxapi_quota_held",
      Kind.GAUGE,
      "APIs of accounts that are held back now because WeChat said that a quota is used up, by"
          + " tenant; the 100 largest by name, the rest together as _other",
      "tenant"),
  WXAPI_QUOTA_ENDS(
      "hongyan_wxapi_quota_ends_seconds",
      Kind.GAUGE,
      "Seconds until the first daily quota of any account is used up if calls go on as now; 86400"
          + " when none will be"),
  QUOTA_PASSED(
      "hongyan_quota_passed_total",
      Kind.COUNTER,
      "Calls of tenants with a limit that were within it, by API (publish, admin, connect, wxapi)",
      "api"),
  QUOTA_REFUSED(
      "hongyan_quota_refused_total",
      Kind.COUNTER,
      "Calls that were refused for a quota of their tenant, by API (as above, and storage,"
          + " sessions, destinations, timers) and priority class (0 to 9)",
      "api",
      "class"),
  USAGE_LATE(
      "hongyan_usage_unsaved_seconds",
      Kind.GAUGE,
      "Seconds since what tenants used was last stored; what is not stored is lost with the"
          + " process"),
  SPANS(
      "hongyan_spans_total",
      Kind.COUNTER,
      "Spans of traces, by outcome (sent, dropped: too many waited for the collector, lost: the"
          + " collector did not take them)",
      "outcome"),
  SCRAPES("hongyan_scrapes_total", Kind.COUNTER, "Times that these metrics were read");

  /** How many children a labelled series has at most. */
  public static final int LABELS_MAX = 100;

  enum Kind {
    COUNTER,
    GAUGE,
    TIMER
  }

  private final String prometheusName;
  private final Kind kind;
  private final String meaning;
  private final List<String> labels;

  Series(String prometheusName, Kind kind, String meaning, String... labels) {
    this.prometheusName = prometheusName;
    this.kind = kind;
    this.meaning = meaning;
    this.labels = List.of(labels);
  }

  /** The name under which Prometheus sees it. */
  public String prometheusName() {
    return prometheusName;
  }

  /** One sentence with the unit. */
  public String meaning() {
    return meaning;
  }

  /** Label names, in the order in which the recorder takes their values; two at most. */
  public List<String> labels() {
    return labels;
  }

  Kind kind() {
    return kind;
  }
}

package dev.hongyan.wechat.error;

/** What an errcode asks the caller to do. */
public enum ErrcodeClass {
  /** Success. */
  OK,
  /**
   * Drop the token that was used if it is still the current one, get a fresh one, retry exactly
   * once.
   */
  TOKEN_STALE,
  /** The same for the token of the suite or component. */
  SUITE_TOKEN_STALE,
  /** The verify ticket is missing or expired: wait for the next push of it. */
  TICKET,
  /** The tenant or end user must authorize again: stop refreshing. */
  REAUTH,
  /** Wrong or frozen credentials: stop refreshing until the settings change. */
  CREDENTIAL,
  /** Our address is not on the account's allow list. */
  IP_DENIED,
  /** Waiting for the administrator to confirm our address. */
  IP_CONFIRM,
  /** Trouble at WeChat: retry with backoff, at most three times. */
  BUSY,
  /** Short-window limit: pause this API for this account until the window ends. */
  RATE_WINDOW,
  /** Daily quota used up: pause until the next day in China. */
  QUOTA_DAY,
  /** Not granted or banned: permanent. */
  PERMISSION,
  /** This recipient cannot get this message: permanent for the message. */
  RECIPIENT,
  /** Refused because of parameters or content: permanent for the request. */
  CONTENT,
  /** A mistake of the caller in how the API is called. */
  PROTOCOL,
  /** Accepted earlier already: a success. */
  DUPLICATE
}

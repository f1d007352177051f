package dev.hongyan.gateway.webhook;

import java.util.Locale;

/**
 * Why a request was refused before or around the checks of a push, which have their own {@link
 * dev.hongyan.wechat.push.Stage}. Both are values of one metric's label.
 */
enum Reason {
  /** Not the path of an account. */
  PATH,
  /** No such tenant. */
  TENANT,
  /** The tenant is suspended. */
  SUSPENDED,
  /** No such account, or none that gets pushes. */
  ACCOUNT,
  /** The body was not there in time. */
  SLOW;

  private final String code = name().toLowerCase(Locale.ROOT);

  String code() {
    return code;
  }
}

package dev.hongyan.simulator.api;

/** The errors this simulator knows to make, in the words of WeChat's pages of return codes. */
enum Errcode {
  OK(0, "ok"),
  SYSTEM(-1, "system error"),
  INVALID_CREDENTIAL(
      40001,
      "invalid credential, access_token is invalid or not latest, could get access_token by"
          + " getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"),
  INVALID_GRANT_TYPE(40002, "invalid grant_type"),
  INVALID_OPENID(40003, "invalid openid"),
  INVALID_MEDIA_TYPE(40004, "invalid media type"),
  INVALID_MEDIA_ID(40007, "invalid media_id"),
  INVALID_MESSAGE_TYPE(40008, "invalid message type"),
  INVALID_APPID(40013, "invalid appid"),
  INVALID_TOKEN(40014, "invalid access_token"),
  INVALID_BUTTONS(40016, "invalid button size"),
  INVALID_SUB_BUTTONS(40023, "invalid sub button size"),
  INVALID_CHARSET(
      40033, "invalid charset. please check your request, if include \\uxxxx will create fail!"),
  INVALID_PARAMETER(40035, "invalid parameter"),
  INVALID_TEMPLATE(40037, "invalid template_id"),
  INVALID_URL(40066, "invalid url"),
  INVALID_SECRET(40125, "invalid appsecret"),
  IP_DENIED(40164, "invalid ip %s ipv6 ::ffff:%s, not in whitelist"),
  TOKEN_MISSING(41001, "access_token missing"),
  APPID_MISSING(41002, "appid missing"),
  SECRET_MISSING(41004, "appsecret missing"),
  MEDIA_MISSING(41005, "media data missing"),
  MEDIA_ID_MISSING(41006, "media_id missing"),
  TOKEN_EXPIRED(42001, "access_token expired"),
  GET_REQUIRED(43001, "require GET method"),
  POST_REQUIRED(43002, "require POST method"),
  MUST_FOLLOW(43004, "require subscribe"),
  USER_REFUSES(43101, "user refuse to accept the msg"),
  EMPTY_MEDIA(44001, "empty media data"),
  EMPTY_POST(44002, "empty post data"),
  MEDIA_TOO_LARGE(45001, "media size out of limit"),
  DAILY_QUOTA(45009, "reach max api daily quota limit"),
  MINUTE_QUOTA(45011, "api minute-quota reach limit, must slower, retry next minute"),
  WINDOW_CLOSED(45015, "response out of time limit or subscription is canceled"),
  ALLOWANCE_USED_UP(45047, "out of response count limit"),
  NO_MENU(46003, "menu no exist"),
  BAD_DATA(47001, "data format error"),
  UNAUTHORIZED(48001, "api unauthorized"),
  NO_RESETS_LEFT(48006, "forbid to clear quota because of reaching the limit"),
  BAD_CGI_PATH(76021, "cgi_path not found, please check");

  final int code;
  final String words;

  Errcode(int code, String words) {
    this.code = code;
    this.words = words;
  }

  /** WeChat's words for a number; the number itself if it is none of these. */
  static String wordsOf(int code) {
    for (Errcode each : values()) {
      if (each.code == code) {
        return each.words;
      }
    }
    return "errcode " + code;
  }
}

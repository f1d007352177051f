package dev.hongyan.wechat.push;

/** Skeleton, being filled. */
public final class PushDecoder {
  /** Judges a URL verification (GET). */
  public PushOutcome verifyUrl(PushAccount account, PushQuery query, long nowSeconds) {
    return new PushOutcome.Refused(Stage.QUERY);
  }

  /** Judges a push (POST). */
  public PushOutcome decode(PushAccount account, PushQuery query, byte[] body, long nowSeconds) {
    return decode(account, query, body, 0, body.length, nowSeconds);
  }

  /** Judges a push (POST) whose body is a slice. */
  public PushOutcome decode(
      PushAccount account, PushQuery query, byte[] body, int start, int length, long nowSeconds) {
    return new PushOutcome.Refused(Stage.QUERY);
  }
}

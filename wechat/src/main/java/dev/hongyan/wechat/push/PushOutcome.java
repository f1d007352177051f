package dev.hongyan.wechat.push;

/** What became of a request of WeChat. */
public sealed interface PushOutcome {

  /**
   * A URL verification that is right.
   *
   * @param body exactly what to answer with status 200, without quotes or line break
   */
  record Echo(String body) implements PushOutcome {}

  /**
   * A push that passed every check.
   *
   * @param push what it says
   */
  record Accepted(DecodedPush push) implements PushOutcome {}

  /**
   * A request to refuse, with the same answer outside whatever the stage.
   *
   * @param stage the first check that failed
   */
  record Refused(Stage stage) implements PushOutcome {}
}

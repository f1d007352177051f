package dev.hongyan.simulator.push;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.push.BodyFormat;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Makes pushes of drafts: adds user, time, ids and the account's format. Thread-safe. */
public final class PushComposer {
  private final SimulatedAccount account;
  private final Clock clock;
  private final AtomicLong numbers;

  /** Notices come from nobody, and are told apart by their second. */
  private final SimulatedUser nobody = new SimulatedUser("");

  /**
   * A composer of one account.
   *
   * @param numbers the last number given out; shared by all composers of a simulator
   */
  public PushComposer(SimulatedAccount account, Clock clock, AtomicLong numbers) {
    this.account = account;
    this.clock = clock;
    this.numbers = numbers;
  }

  /** A push of {@code user}. */
  public SimulatedPush compose(SimulatedUser user, Draft draft) {
    if (draft.kind() == Draft.Kind.NOTICE) {
      return notice(draft);
    }
    long number = numbers.incrementAndGet();
    long now = clock.wallMillis() / 1000;
    boolean event = draft.kind() == Draft.Kind.EVENT;
    long createTime = event && !draft.fields().isIdentified() ? user.claimEventSecond(now) : now;
    PushFields fields =
        PushFields.none()
            .text("ToUserName", account.originalId())
            .text("FromUserName", user.openid())
            .number("CreateTime", createTime)
            .text("MsgType", event ? "event" : draft.type());
    if (event) {
      fields.text("Event", draft.type());
    }
    fields.all(draft.fields());
    if (!event) {
      fields.messageId("MsgId");
    }
    String agentId = account.agentId();
    if (agentId != null) {
      fields.text("AgentID", agentId);
    }
    return push(number, draft, user.openid(), createTime, fields);
  }

  /** A notice to a component: no user, no {@code ToUserName}. */
  public SimulatedPush notice(Draft draft) {
    if (draft.kind() != Draft.Kind.NOTICE) {
      throw new IllegalArgumentException("a " + draft.kind() + " comes from a user");
    }
    long createTime = nobody.claimEventSecond(clock.wallMillis() / 1000);
    PushFields fields =
        PushFields.none()
            .text("AppId", account.appId())
            .number("CreateTime", createTime)
            .text("InfoType", draft.type())
            .all(draft.fields());
    return push(numbers.incrementAndGet(), draft, null, createTime, fields);
  }

  private SimulatedPush push(
      long number, Draft draft, @Nullable String openid, long createTime, PushFields fields) {
    // Like WeChat's, the id is unique, has 19 digits and does not fit a double.
    long messageId = clock.wallMillis() / 1000 * PushNumber.NUMBERS + number % PushNumber.NUMBERS;
    PushFields.Facts facts = new PushFields.Facts(number, messageId);
    String inner = account.format() == BodyFormat.JSON ? fields.toJson(facts) : fields.toXml(facts);
    return new SimulatedPush(
        number,
        messageId,
        draft.kind(),
        draft.type(),
        openid,
        createTime,
        inner.getBytes(StandardCharsets.UTF_8));
  }
}

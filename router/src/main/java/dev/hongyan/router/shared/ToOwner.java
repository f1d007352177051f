package dev.hongyan.router.shared;

import dev.hongyan.observability.bus.Address;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.topic.TopicPattern;
import java.util.List;

/**
 * What a hub tells a tenant's owner, at the address of the tenant's slot. One way: where nobody
 * listens the slot is not owned by this process, and the hub asks again.
 */
public sealed interface ToOwner {
  /** Add the slot's number. */
  Address<Batch, Void> ADDRESS = new Address<>("router.slot", Batch.class, Void.class);

  /** The member that this is about. */
  MemberId member();

  /** What one tick of a hub had to tell the owner of one slot, in order. */
  record Batch(List<ToOwner> items) {}

  /**
   * A connection wants to take part. Answered with {@link ToHub.Attached} or {@link ToHub.Refused};
   * telling it twice does nothing.
   *
   * @param name of the shared subscription
   * @param at where a new name begins
   * @param seek begin there also when the name is known
   */
  record Attach(
      MemberId member,
      String tenant,
      String name,
      List<TopicPattern> topics,
      StartAt at,
      boolean seek,
      int windowMessages,
      int windowBytes,
      int ackTimeoutMillis)
      implements ToOwner {}

  /**
   * A connection has ended or wants no more.
   *
   * @param unsent places that never left for it
   * @param forget delete the name, if nobody else takes part
   */
  record Detach(MemberId member, List<Long> unsent, boolean forget) implements ToOwner {}

  /** What becomes of messages that a member has. */
  enum Fate {
    /** Done. */
    ACK,
    /** Again, after {@code millis}. */
    NACK,
    /** Still working, for {@code millis} from now. */
    EXTEND,
    /** Never again, for {@code reason}. */
    TERM
  }

  /**
   * A member says what becomes of messages.
   *
   * @param epoch the log in which {@code seqs} count
   */
  record Settle(
      MemberId member, Fate fate, String epoch, List<Long> seqs, int millis, String reason)
      implements ToOwner {}
}

package dev.hongyan.router.shared;

import dev.hongyan.observability.bus.Address;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.cursor.Resume;
import dev.hongyan.router.log.LogEntry;
import java.util.List;

/** What a tenant's owner tells the hub of a member. */
public sealed interface ToHub {
  /** Add the hub's id. */
  Address<Batch, Void> ADDRESS = new Address<>("gateway.hub", Batch.class, Void.class);

  MemberId member();

  /** Hands this to the method that is for it. */
  void to(Hub hub);

  /** What one tick of an owner had to tell one hub, in order. */
  record Batch(List<ToHub> items) {}

  /** Where this is taken. */
  interface Hub {
    void attached(Attached a);

    void refused(Refused r);

    void deliver(Deliver d);

    void withdrawn(Withdrawn w);

    void gap(Gap g);

    void behind(Behind b);

    void ended(Ended e);
  }

  /** It takes part; deliveries follow. */
  record Attached(MemberId member, Resume resume) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.attached(this);
    }
  }

  /** It cannot take part. */
  record Refused(MemberId member, Problem problem, String why) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.refused(this);
    }
  }

  /**
   * A message for this member.
   *
   * @param attempt 1 for the first delivery
   */
  record Deliver(MemberId member, LogEntry entry, int attempt) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.deliver(this);
    }
  }

  /** The ack of this one is overdue: it is no longer this member's. */
  record Withdrawn(MemberId member, long seq) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.withdrawn(this);
    }
  }

  /** A hole that was met; what members had of a log that was replaced is void. */
  record Gap(MemberId member, Resume.Gap gap) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.gap(this);
    }
  }

  /** Log entries that nobody of this name has got yet; told when it changed, once a second. */
  record Behind(MemberId member, long entries) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.behind(this);
    }
  }

  /** This owner serves the member no longer, or does not know it. */
  record Ended(MemberId member, Problem problem) implements ToHub {
    @Override
    public void to(Hub hub) {
      hub.ended(this);
    }
  }
}

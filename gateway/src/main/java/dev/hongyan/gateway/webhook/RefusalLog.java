package dev.hongyan.gateway.webhook;

import dev.hongyan.observability.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log why requests were refused, at most ten lines a second for each event loop; the
 * rest is only counted. Never holds a payload, an openid, a query or a path nobody owns.
 */
final class RefusalLog {
  private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);
  private static final int LINES_PER_SECOND = 10;
  private static final long SECOND = 1_000_000_000L;

  private final Clock clock;
  private long secondBegan;
  private int lines;
  private long silent;

  RefusalLog(Clock clock) {
    this.clock = clock;
    this.secondBegan = clock.nanos();
  }

  void refused(String code, @Nullable PushTarget target, @Nullable String requestId) {
    if (mayWrite()) {
      var line = LOG.atInfo().addKeyValue("stage", code);
      if (target != null) {
        line = line.addKeyValue("tenant", target.tenant().id());
        line = line.addKeyValue("account", target.account().id());
      }
      if (requestId != null) {
        line = line.addKeyValue("requestId", requestId);
      }
      line.log("push refused: {}", code);
    }
  }

  void failed(PushTarget target, Throwable failure) {
    if (mayWrite()) {
      LOG.atWarn()
          .addKeyValue("tenant", target.tenant().id())
          .addKeyValue("account", target.account().id())
          .log("push not taken, WeChat will repeat it: {}", failure.toString());
    }
  }

  void otherReceiver(PushTarget target) {
    if (mayWrite()) {
      LOG.atWarn()
          .addKeyValue("tenant", target.tenant().id())
          .addKeyValue("account", target.account().id())
          .log("push names another ToUserName than this account has; is the URL the right one?");
    }
  }

  private boolean mayWrite() {
    long now = clock.nanos();
    if (now - secondBegan >= SECOND) {
      if (silent > 0) {
        LOG.info("{} more refusals and failures at the webhook door", silent);
      }
      secondBegan = now;
      lines = 0;
      silent = 0;
    }
    if (lines < LINES_PER_SECOND) {
      lines++;
      return true;
    }
    silent++;
    return false;
  }
}

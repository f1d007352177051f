package dev.hongyan.deploy.node;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.access.AccessEvents;
import dev.hongyan.tenant.audit.AuditDraft;
import dev.hongyan.tenant.audit.AuditLog;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Guessing of keys as entries of the audit log: one when it begins, then one for each {@link
 * #EVERY} in which it goes on, with how often it was slowed since. So nobody can wash a log out by
 * guessing. Of a tenant that does not exist it is in the platform's log. Thread-safe.
 */
final class AuditedRefusals implements AccessEvents {
  static final Duration EVERY = Duration.ofMinutes(10);
  private static final String ACTION = "access.slowed";
  private static final String OUTCOME = "rate-limited";
  private static final int REMEMBERED_MAX = 1_000;

  private final Recorder recorder;
  private final Predicate<String> exists;
  private final Clock clock;
  private final Map<String, Since> told =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Since> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  private static final class Since {
    long nanos;
    int times;
  }

  /** Where entries go. */
  interface Recorder {
    void record(String scope, AuditDraft draft, String outcome);
  }

  AuditedRefusals(Recorder recorder, Predicate<String> exists, Clock clock) {
    this.recorder = recorder;
    this.exists = exists;
    this.clock = clock;
  }

  static AuditedRefusals in(AuditLog log, Predicate<String> exists, Clock clock) {
    return new AuditedRefusals(
        (scope, draft, outcome) -> {
          var unused = log.record(scope, draft, outcome, new JsonArray());
        },
        exists,
        clock);
  }

  /** Counted as a metric only: one wrong key is nobody's attack. */
  @Override
  public void refused(Attempt attempt) {}

  @Override
  public void slowed(Attempt attempt, long waitSeconds) {
    String scope =
        !attempt.tenant().isEmpty() && exists.test(attempt.tenant())
            ? attempt.tenant()
            : AuditLog.PLATFORM;
    int times;
    synchronized (told) {
      long now = clock.nanos();
      Since since = told.get(scope);
      if (since != null && now - since.nanos < EVERY.toNanos()) {
        since.times++;
        return;
      }
      if (since == null) {
        since = new Since();
        told.put(scope, since);
      }
      times = since.times + 1;
      since.nanos = now;
      since.times = 0;
    }
    recorder.record(
        scope,
        new AuditDraft(
            AuditDraft.SYSTEM,
            ACTION,
            new JsonObject().put("key", attempt.digest()).put("times", times),
            attempt.remote(),
            ""),
        OUTCOME);
  }
}

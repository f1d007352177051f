package dev.hongyan.gateway.publish;

import dev.hongyan.router.envelope.UsefulLife;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long published messages are of use where the publisher says nothing: as its tenant's {@code
 * ttl} has it. Remembers {@value #REMEMBERED} tenants. For one thread.
 */
final class Lives {
  private static final int REMEMBERED = 10_000;
  private static final byte[] NO_DATA = {};

  private final TenantDirectory directory;
  private final Map<String, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > REMEMBERED;
        }
      };

  private record Known(Tenant of, UsefulLife life) {}

  Lives(TenantDirectory directory) {
    this.directory = directory;
  }

  /**
   * When a message becomes useless that gets into the log at {@code takenMillis}, ms since 1970; 0
   * for never.
   */
  long deadlineMillis(String tenant, String topic, long takenMillis) {
    Tenant now = directory.find(tenant);
    if (now == null || now.lifetimes().isEmpty()) {
      return 0;
    }
    @Nullable Known life = known.get(tenant);
    if (life == null || life.of != now) {
      life = new Known(now, new UsefulLife(now));
      known.put(tenant, life);
    }
    return life.life.deadlineMillis(topic, NO_DATA, takenMillis);
  }
}

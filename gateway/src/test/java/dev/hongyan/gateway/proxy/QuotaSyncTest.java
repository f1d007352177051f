package dev.hongyan.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.gateway.testing.GatewayFixture;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.testing.RedisFixture;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Two nodes on one real Redis. */
class QuotaSyncTest {
  private static final String API = "/cgi-bin/message/custom/send";

  @Test
  void countsAndHoldsAreTheClusters() {
    try (RedisFixture redis = RedisFixture.start();
        Metrics metrics = new Metrics()) {
      ManualTime rounds = new ManualTime(0);
      Clock clock = Clock.system();
      QuotaLedger one = new QuotaLedger(clock, new TenantDirectory(), metrics);
      QuotaLedger two = new QuotaLedger(clock, new TenantDirectory(), metrics);
      try (QuotaSync first = new QuotaSync(one, redis.link(), clock, rounds);
          QuotaSync second = new QuotaSync(two, redis.link(), clock, rounds)) {
        call(one, 30);
        call(two, 12);
        until(rounds, () -> today(one) == 42 && today(two) == 42);

        one.dayIsUsedUp(one.of("acme", "shop", API));
        until(rounds, () -> held(two));
        two.cleared("acme", "shop");
        until(rounds, () -> !held(one) && !held(two));
        assertThat(first).isNotSameAs(second);
      }
    }
  }

  private static void until(ManualTime rounds, BooleanSupplier so) {
    GatewayFixture.eventually(
        () -> {
          rounds.advance(Duration.ofSeconds(2));
          return so.getAsBoolean();
        });
  }

  private static void call(QuotaLedger ledger, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(ledger.admit(ledger.of("acme", "shop", API), Priority.NORMAL))
          .isEqualTo(ApiQuota.Verdict.PASS);
    }
  }

  private static long today(QuotaLedger ledger) {
    return ledger.view("acme", "shop").get(0).today();
  }

  private static boolean held(QuotaLedger ledger) {
    return ledger.view("acme", "shop").get(0).heldUntil() > 0;
  }
}

package dev.hongyan.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.access.AccessEvents.Attempt;
import dev.hongyan.tenant.audit.AuditLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuditedRefusalsTest {
  private final ManualTime time = new ManualTime(1_800_000_000_000L);
  private final List<String> entries = new ArrayList<>();
  private final AuditedRefusals refusals =
      new AuditedRefusals(
          (scope, draft, outcome) ->
              entries.add(
                  scope
                      + " "
                      + draft.action()
                      + " "
                      + draft.address()
                      + " "
                      + draft.target().getInteger("times")
                      + " "
                      + outcome),
          tenant -> tenant.equals("acme"),
          time);

  private void slowed(String tenant) {
    refusals.slowed(new Attempt(tenant, "10.1.1.1", "00ff"), 60);
  }

  @Test
  void guessingIsOneEntryInTenMinutesWithHowOftenItWasSlowed() {
    for (int i = 0; i < 500; i++) {
      slowed("acme");
    }
    assertThat(entries).containsExactly("acme access.slowed 10.1.1.1 1 rate-limited");
    time.advance(Duration.ofMinutes(10));
    slowed("acme");
    assertThat(entries)
        .containsExactly(
            "acme access.slowed 10.1.1.1 1 rate-limited",
            "acme access.slowed 10.1.1.1 500 rate-limited");
  }

  @Test
  void aTenantThatIsNotThereIsThePlatformsConcern() {
    slowed("nobody");
    slowed("");
    assertThat(entries).singleElement().asString().startsWith(AuditLog.PLATFORM + " access");
  }

  @Test
  void aWrongKeyAloneIsNoEntry() {
    refusals.refused(new Attempt("acme", "10.1.1.1", "00ff"));
    assertThat(entries).isEmpty();
  }
}

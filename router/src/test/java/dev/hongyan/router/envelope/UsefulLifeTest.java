package dev.hongyan.router.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Routing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UsefulLifeTest {
  private static final String CONTACT =
      "wx.wecom.event.change_external_contact.add_external_contact";

  private static UsefulLife life(Tenant.Lifetime... lifetimes) {
    return new UsefulLife(
        new Tenant(
            "acme",
            "Acme",
            5,
            Tenant.Retention.DEFAULT,
            List.of(lifetimes),
            false,
            Map.of(),
            Routing.NONE,
            Map.of(),
            Tenant.Source.API,
            1,
            ""));
  }

  private static byte[] data(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aWelcomeCodeIsOfUseForTwentySecondsAndTheContactForEver() {
    assertThat(life().deadlineMillis(CONTACT, data("{\"WelcomeCode\":\"x\"}"), 1_000))
        .isEqualTo(21_000);
    assertThat(life().deadlineMillis(CONTACT, data("{\"WelcomeCode\":\"\"}"), 1_000)).isZero();
    assertThat(life().deadlineMillis(CONTACT, data("{\"UserID\":\"x\"}"), 1_000)).isZero();
  }

  @Test
  void aUsersMessageIsOfUseWhileItCanBeAnswered() {
    assertThat(life().deadlineMillis("wx.mp.message.text", data("{}"), 0))
        .isEqualTo(Duration.ofHours(48).toMillis());
    assertThat(life().deadlineMillis("wx.mp.event.subscribe", data("{}"), 0)).isZero();
  }

  @Test
  void whatTheTenantSaysComesFirst() {
    UsefulLife life =
        life(
            new Tenant.Lifetime("wx.mp.message.image", Duration.ofSeconds(5)),
            new Tenant.Lifetime("wx.#", null),
            new Tenant.Lifetime("no..pattern", Duration.ofSeconds(1)));
    assertThat(life.deadlineMillis("wx.mp.message.image", data("{}"), 10)).isEqualTo(5_010);
    assertThat(life.deadlineMillis("wx.mp.message.text", data("{}"), 10)).isZero();
    assertThat(life.deadlineMillis(CONTACT, data("{\"WelcomeCode\":\"x\"}"), 10)).isZero();
  }
}

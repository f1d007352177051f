package dev.hongyan.gateway.proxy;

import static dev.hongyan.gateway.proxy.ApiQuota.Verdict.HELD;
import static dev.hongyan.gateway.proxy.ApiQuota.Verdict.PASS;
import static dev.hongyan.gateway.proxy.ApiQuota.Verdict.SHED;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;

class ApiQuotaTest {
  private static final long NOON = at("2026-11-21T12:00:00+08:00");
  private static final long MINUTE = 60_000;
  private final ApiQuota quota = new ApiQuota("/cgi-bin/message/custom/send", NOON);

  @Test
  void daysBeginAtMidnightInChina() {
    assertThat(ApiQuota.nextDay(NOON)).isEqualTo(at("2026-11-22T00:00:00+08:00"));
    assertThat(ApiQuota.nextDay(at("2026-11-21T16:00:00Z")))
        .isEqualTo(at("2026-11-23T00:00:00+08:00"));
    call(3, Priority.NORMAL, NOON);
    assertThat(quota.view(NOON).today()).isEqualTo(3);
    assertThat(quota.view(at("2026-11-22T00:00:00+08:00")).today()).isZero();
  }

  @Test
  void aDayThatIsUsedUpIsHeldUntilTheNextOne() {
    call(100, Priority.NORMAL, NOON);
    quota.dayIsUsedUp(NOON);
    long midnight = ApiQuota.nextDay(NOON);
    assertThat(quota.admit(Priority.HIGH, midnight - 1)).isEqualTo(HELD);
    assertThat(quota.view(NOON).limit()).isEqualTo(100);
    assertThat(quota.view(NOON).heldUntil()).isEqualTo(midnight);
    assertThat(quota.admit(Priority.LOW, midnight)).isEqualTo(PASS);
  }

  @Test
  void aMinuteThatIsUsedUpIsHeldUntilTheNextOne() {
    quota.minuteIsUsedUp(NOON + 10_000);
    assertThat(quota.admit(Priority.HIGH, NOON + MINUTE - 1)).isEqualTo(HELD);
    assertThat(quota.view(NOON + 11_000).heldBy()).isEqualTo("minute");
    assertThat(quota.admit(Priority.NORMAL, NOON + MINUTE)).isEqualTo(PASS);
  }

  @Test
  void aMinuteDoesNotShortenADay() {
    quota.dayIsUsedUp(NOON);
    quota.minuteIsUsedUp(NOON);
    assertThat(quota.admit(Priority.HIGH, NOON + 2 * MINUTE)).isEqualTo(HELD);
    assertThat(quota.view(NOON).heldBy()).isEqualTo("day");
  }

  @Test
  void onTheDayAfterCallsThatMatterLessAreLeftOutFirst() {
    call(100, Priority.NORMAL, NOON);
    quota.dayIsUsedUp(NOON);
    long next = NOON + ApiQuota.DAY_MILLIS;
    call(1, Priority.HIGH, next);
    call(79, Priority.LOW, next);
    assertThat(quota.admit(Priority.LOW, next)).isEqualTo(SHED);
    call(15, Priority.NORMAL, next);
    assertThat(quota.admit(Priority.NORMAL, next)).isEqualTo(SHED);
    call(5, Priority.HIGH, next);
    assertThat(quota.admit(Priority.HIGH, next)).isEqualTo(PASS);
    // More than the limit passed: it is not what it was.
    assertThat(quota.admit(Priority.LOW, next)).isEqualTo(PASS);
  }

  @Test
  void nothingIsKeptBackForCallsThatNobodyMakes() {
    call(100, Priority.NORMAL, NOON);
    quota.dayIsUsedUp(NOON);
    long next = NOON + ApiQuota.DAY_MILLIS;
    call(100, Priority.NORMAL, next);
    assertThat(quota.admit(Priority.NORMAL, next)).isEqualTo(PASS);
  }

  @Test
  void theForecastFollowsThePace() {
    for (int minute = 0; minute < 60; minute++) {
      call(1_000, Priority.NORMAL, NOON + minute * MINUTE);
    }
    long now = NOON + 59 * MINUTE;
    QuotaView view = quota.view(now);
    assertThat(view.limit()).isEqualTo(500_000);
    assertThat(view.learned()).isFalse();
    // 440,000 are left at 1,000 a minute: 440 minutes.
    assertThat(view.endsAt()).isBetween(now + 430 * MINUTE, now + 450 * MINUTE);
    // At rest the pace goes, and with it the forecast.
    assertThat(quota.view(now + 120 * MINUTE).endsAt()).isZero();
  }

  @Test
  void countsOfOtherNodesCountToo() {
    call(5, Priority.NORMAL, NOON);
    assertThat(quota.takeUnsaved()).isEqualTo(5);
    call(2, Priority.NORMAL, NOON);
    quota.total(ApiQuota.dayOf(NOON), 105);
    assertThat(quota.view(NOON).today()).isEqualTo(107);
    quota.giveBack(ApiQuota.dayOf(NOON), 5);
    assertThat(quota.takeUnsaved()).isEqualTo(7);
  }

  @Test
  void aHoldOfAnotherNodeIsKeptAndLiftedWithIt() {
    quota.heldElsewhere((NOON + MINUTE) + " minute", NOON);
    assertThat(quota.admit(Priority.HIGH, NOON)).isEqualTo(HELD);
    quota.heldElsewhere(null, NOON);
    assertThat(quota.admit(Priority.HIGH, NOON)).isEqualTo(PASS);
    quota.dayIsUsedUp(NOON);
    quota.heldElsewhere(null, NOON); // the store does not know it yet
    assertThat(quota.admit(Priority.HIGH, NOON)).isEqualTo(HELD);
    assertThat(quota.takeNewHold(NOON)).isEqualTo(ApiQuota.nextDay(NOON) + " day");
    quota.heldElsewhere(null, NOON);
    assertThat(quota.admit(Priority.HIGH, NOON)).isEqualTo(PASS);
  }

  private void call(int times, Priority priority, long now) {
    for (int i = 0; i < times; i++) {
      assertThat(quota.admit(priority, now)).isEqualTo(PASS);
    }
  }

  private static long at(String moment) {
    return OffsetDateTime.parse(moment).toInstant().toEpochMilli();
  }
}

package dev.hongyan.gateway.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TimingTest {
  private static final long NOW = Instant.parse("2026-11-21T08:00:00Z").toEpochMilli();
  private static final long YEAR = Duration.ofDays(366).toMillis();

  private final Set<String> wrong = new TreeSet<>();

  private Timing read(String json) throws Exception {
    wrong.clear();
    JsonNode f = new ObjectMapper().readTree(json);
    return Timing.read(
        f.get("delayMs"), f.get("at"), f.get("ttlMs"), NOW, (field, why) -> wrong.add(field));
  }

  private Timing good(String json) throws Exception {
    Timing timing = read(json);
    assertThat(wrong).as(json).isEmpty();
    return timing;
  }

  private void bad(String json, String... fields) throws Exception {
    Timing unused = read(json);
    assertThat(wrong).as(json).containsExactly(fields);
  }

  @Test
  void withoutDelayItComesAtOnce() throws Exception {
    assertThat(good("{}")).isEqualTo(Timing.NOW);
    assertThat(good("{\"delayMs\":0,\"at\":null,\"ttlMs\":null}")).isEqualTo(Timing.NOW);
    assertThat(Timing.NOW.isLater()).isFalse();
  }

  @Test
  void delayAndTimeToLiveCountFromNow() throws Exception {
    assertThat(good("{\"delayMs\":500,\"ttlMs\":501}")).isEqualTo(new Timing(NOW + 500, NOW + 501));
    assertThat(good("{\"ttlMs\":1}")).isEqualTo(new Timing(0, NOW + 1));
    assertThat(good("{\"delayMs\":" + YEAR + "}")).isEqualTo(new Timing(NOW + YEAR, 0));
  }

  @Test
  void aTimeThatIsPastIsNow() throws Exception {
    assertThat(good("{\"at\":\"2026-11-21T17:00:00+08:00\"}").dueMillis())
        .isEqualTo(NOW + Duration.ofHours(1).toMillis());
    for (String past : new String[] {"2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z"}) {
      assertThat(good("{\"at\":\"" + past + "\"}")).isEqualTo(new Timing(NOW, 0));
    }
  }

  @Test
  void whatIsOutOfBoundsIsNamed() throws Exception {
    bad("{\"delayMs\":-1}", "delayMs");
    bad("{\"delayMs\":1.5}", "delayMs");
    bad("{\"delayMs\":\"5\"}", "delayMs");
    bad("{\"delayMs\":" + (YEAR + 1) + ",\"ttlMs\":0}", "delayMs", "ttlMs");
    bad("{\"ttlMs\":" + (YEAR + 1) + "}", "ttlMs");
    bad("{\"delayMs\":500,\"ttlMs\":500}", "ttlMs");
    bad("{\"at\":\"2026-11-21T09:00:00Z\",\"ttlMs\":5}", "ttlMs");
    bad("{\"at\":\"2026-11-21T09:00:00Z\",\"delayMs\":5}", "at");
    bad("{\"at\":\"2026-11-21\"}", "at");
    bad("{\"at\":7}", "at");
    bad("{\"at\":\"+999999999-01-01T00:00:00Z\"}", "at");
  }
}

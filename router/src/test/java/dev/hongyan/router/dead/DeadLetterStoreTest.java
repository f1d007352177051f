package dev.hongyan.router.dead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.dead.DeadLetterStore.Filter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.testing.RedisFixture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadLetterStoreTest {
  private static RedisFixture redis;
  private DeadLetterStore dead;

  @BeforeAll
  static void start() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @BeforeEach
  void empty() {
    redis.clear();
    dead = new DeadLetterStore(redis.link(), new ManualTime(1_795_000_000_000L));
  }

  private String add(String tenant, long seq, String consumer, String reason) {
    LogEntry entry =
        new LogEntry(
            tenant,
            "k3",
            seq,
            new EntryHeader(7_000 + seq, "app.x", "anna", 1, 0),
            ("{\"n\":" + seq + "}").getBytes(StandardCharsets.UTF_8));
    return RedisFixture.await(dead.add(entry, consumer, reason, 8, "it broke"));
  }

  private List<Long> seqs(Filter filter, int page) {
    List<Long> out = new ArrayList<>();
    String next = null;
    do {
      DeadLetterStore.Page some = RedisFixture.await(dead.list("acme", filter, next, page));
      assertThat(some.items()).hasSizeLessThanOrEqualTo(page);
      some.items().forEach(l -> out.add(l.place().seq()));
      next = some.next();
    } while (next != null);
    return out;
  }

  @Test
  void aLetterComesBackWhole() {
    String id = add("acme", 5, "crm", "worn-out");
    DeadLetter letter = RedisFixture.await(dead.get("acme", id));
    assertThat(letter).isNotNull();
    assertThat(letter.id()).isEqualTo(id);
    assertThat(letter.messageId()).isEqualTo(7_005);
    assertThat(letter.consumer()).isEqualTo("crm");
    assertThat(letter.reason()).isEqualTo("worn-out");
    assertThat(letter.attempts()).isEqualTo(8);
    assertThat(letter.lastError()).isEqualTo("it broke");
    assertThat(letter.deadAtMillis()).isEqualTo(1_795_000_000_000L);
    assertThat(letter.place().toString()).isEqualTo("k3:5");
    assertThat(letter.topic()).isEqualTo("app.x");
    assertThat(new String(letter.event(), StandardCharsets.UTF_8)).isEqualTo("{\"n\":5}");
    assertThat(RedisFixture.await(dead.get("acme", "1-1"))).isNull();
    assertThat(RedisFixture.await(dead.get("acme", "not an id"))).isNull();
    assertThat(RedisFixture.await(dead.get("bolt", id))).as("another tenant's").isNull();
  }

  @Test
  void listsAreNewestFirstInPagesAndFiltered() {
    for (int i = 1; i <= 250; i++) {
      String unused =
          add("acme", i, i % 2 == 0 ? "crm" : "pos", i % 5 == 0 ? "terminated" : "worn-out");
    }
    List<Long> all = seqs(Filter.ALL, 7);
    assertThat(all).hasSize(250).isSortedAccordingTo((a, b) -> Long.compare(b, a));
    assertThat(all).doesNotHaveDuplicates();
    assertThat(seqs(new Filter("crm", null), 30)).hasSize(125).allMatch(s -> s % 2 == 0);
    assertThat(seqs(new Filter("crm", "terminated"), 4)).hasSize(25).allMatch(s -> s % 10 == 0);
    assertThat(seqs(new Filter("nobody", null), 10)).isEmpty();
  }

  @Test
  void deletingAndPurgingTakeWhatTheySay() {
    String one = add("acme", 1, "crm", "worn-out");
    String two = add("acme", 2, "pos", "worn-out");
    String other = add("bolt", 3, "crm", "worn-out");
    for (int i = 10; i < 40; i++) {
      String unused = add("acme", i, "bulk", "terminated");
    }
    assertThat(RedisFixture.await(dead.delete("acme", List.of(one, "x", "1-1")))).isEqualTo(1);
    assertThat(RedisFixture.await(dead.purge("acme", new Filter("bulk", null)))).isEqualTo(30);
    assertThat(seqs(Filter.ALL, 10)).containsExactly(2L);
    assertThat(RedisFixture.await(dead.get("acme", two))).isNotNull();
    assertThat(RedisFixture.await(dead.purge("acme", Filter.ALL))).isEqualTo(1);
    assertThat(RedisFixture.await(dead.count("acme"))).isZero();
    assertThat(RedisFixture.await(dead.get("bolt", other))).isNotNull();
  }
}

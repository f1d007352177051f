package dev.hongyan.router.tail;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.tail.LogPages.Page;
import io.vertx.core.Future;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LogPagesTest {
  private final FakeLog log = new FakeLog();

  static List<Long> seqs(Page page) {
    return page.entries().stream().map(LogEntry::seq).toList();
  }

  static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void aPageHoldsItsStretchAndNothingElse() {
    log.append("t", 200);
    LogPages pages = new LogPages(log, 1 << 20);
    Page page = await(pages.read("t", "e1", 100, 200));
    assertThat(seqs(page)).isEqualTo(range(65, 128));
    assertThat(page.upTo()).isEqualTo(128);
    assertThat(pages.peek("t", "e1", 65)).isSameAs(page);
    assertThat(pages.peek("t", "e1", 128)).isSameAs(page);
    assertThat(pages.peek("t", "e1", 64)).isNull();
    assertThat(pages.peek("t", "e1", 129)).isNull();
    assertThat(pages.peek("t", "e2", 100)).isNull();
    assertThat(pages.peek("u", "e1", 100)).isNull();
  }

  @Test
  void readersOfOneStretchShareOneReadAlsoWhileItIsUnderWay() {
    log.append("t", 64);
    log.slow = true;
    LogPages pages = new LogPages(log, 1 << 20);
    Future<Page> first = pages.read("t", "e1", 1, 64);
    Future<Page> second = pages.read("t", "e1", 33, 64);
    log.stepAll();
    assertThat(await(second)).isSameAs(await(first));
    assertThat(await(pages.read("t", "e1", 64, 64))).isSameAs(await(first));
    assertThat(log.reads).isEqualTo(1);
  }

  @Test
  void thePageAtTheHeadIsNotKeptForItWillGrow() {
    log.append("t", 10);
    LogPages pages = new LogPages(log, 1 << 20);
    Page page = await(pages.read("t", "e1", 1, 10));
    assertThat(seqs(page)).isEqualTo(range(1, 10));
    assertThat(page.upTo()).isEqualTo(10);
    assertThat(pages.peek("t", "e1", 1)).isNull();
    log.append("t", 54);
    assertThat(await(pages.read("t", "e1", 1, 64)).entries()).hasSize(64);
    assertThat(pages.peek("t", "e1", 1)).isNotNull();
  }

  @Test
  void whatIsNotInAPageUpToItsEndIsGone() {
    log.append("t", 200);
    log.trim(90);
    LogPages pages = new LogPages(log, 1 << 20);
    Page empty = await(pages.read("t", "e1", 5, 200));
    assertThat(empty.entries()).isEmpty();
    assertThat(empty.upTo()).isEqualTo(64);
    Page half = await(pages.read("t", "e1", 65, 200));
    assertThat(seqs(half)).isEqualTo(range(90, 128));
    assertThat(half.upTo()).isEqualTo(128);
  }

  @Test
  void aReadThatFailedIsAskedAnew() {
    log.append("t", 64);
    log.away = true;
    LogPages pages = new LogPages(log, 1 << 20);
    assertThat(pages.read("t", "e1", 1, 64).failed()).isTrue();
    log.away = false;
    assertThat(await(pages.read("t", "e1", 1, 64)).entries()).hasSize(64);
    log.slow = true;
    log.away = true;
    log.append("t", 64);
    Future<Page> late = pages.read("t", "e1", 65, 128);
    log.stepAll();
    assertThat(late.failed()).isTrue();
    log.slow = false;
    log.away = false;
    assertThat(await(pages.read("t", "e1", 65, 128)).entries()).hasSize(64);
  }

  @Test
  void pagesAreBoundedByBytesAndTheLongestUnusedGoFirst() {
    log.append("t", 64 * 20);
    LogPages probe = new LogPages(log, 1 << 20);
    long one = await(probe.read("t", "e1", 64 * 10, 64 * 20)).bytes();
    long bound = one * 4 + one / 2;
    LogPages pages = new LogPages(log, bound);
    for (int p = 0; p < 20; p++) {
      var unused = await(pages.read("t", "e1", p * 64L + 1, 64 * 20));
      assertThat(pages.peek("t", "e1", 1)).isNotNull(); // used all the time
      assertThat(pages.bytes()).isLessThanOrEqualTo(bound);
    }
    assertThat(pages.peek("t", "e1", 64 * 10)).isNull();
    assertThat(pages.peek("t", "e1", 64 * 20)).isNotNull();
  }

  @Test
  void emptyPagesAreBoundedToo() {
    log.append("t", 64 * 100);
    log.trim(64 * 100);
    LogPages pages = new LogPages(log, 2_000);
    for (int p = 0; p < 99; p++) {
      var unused = await(pages.read("t", "e1", p * 64L + 1, 64 * 100));
    }
    assertThat(LongStream.range(0, 99).filter(p -> pages.peek("t", "e1", p * 64 + 1) != null))
        .hasSize(10);
  }
}

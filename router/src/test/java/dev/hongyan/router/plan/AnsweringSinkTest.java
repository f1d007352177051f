package dev.hongyan.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.router.consume.Sink;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Route;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnsweringSinkTest {
  private static final byte[] BODY = "{\"reply\":{}}".getBytes(StandardCharsets.UTF_8);
  private static final LogEntry ENTRY =
      new LogEntry(
          "acme", "e1", 1, new EntryHeader(7, "wx.mp.message.text", "o1", 0, 0), new byte[] {'1'});
  private static final Route ROUTE =
      new Route("r", "wx.#", new Route.ToDestination("crm"), 8, 1_000, 5, false, 3, null);

  private final List<String> heard = new ArrayList<>();
  private Sink.Result result = Sink.Result.delivered(200, 1, BODY);
  private final Sink destination =
      new Sink() {
        @Override
        public boolean isOpen(long nowMillis) {
          return true;
        }

        @Override
        public long opensAtMillis() {
          return Long.MAX_VALUE;
        }

        @Override
        public void awaitChange(Runnable wake) {}

        @Override
        public Future<Result> deliver(LogEntry entry, int attempt, long deadlineMillis) {
          return Future.succeededFuture(result);
        }
      };
  private final Sink sink =
      new AnsweringSink(
          destination,
          ROUTE,
          new Answers() {
            @Override
            public void answered(Route route, LogEntry entry, byte[] body) {
              heard.add(
                  route.id() + entry.header().id() + new String(body, StandardCharsets.UTF_8));
            }

            @Override
            public void hinted(String hint) {}
          });

  @Test
  void whatADestinationSaysToADeliveredMessageIsPassedOn() {
    assertThat(sink.deliver(ENTRY, 1, 0).result()).isSameAs(result);
    assertThat(heard).containsExactly("r7{\"reply\":{}}");
  }

  @Test
  void whatItSaysWhenItRefusesOrToAReplayAnswersNobody() {
    assertThat(sink.forReplay().deliver(ENTRY, 1, 0).succeeded()).isTrue();
    result = Sink.Result.retry(5, "http 500", 500, 1, BODY);
    assertThat(sink.deliver(ENTRY, 1, 0).result().fate()).isEqualTo(Sink.Fate.RETRY);
    assertThat(heard).isEmpty();
  }
}

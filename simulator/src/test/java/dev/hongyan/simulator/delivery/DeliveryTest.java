package dev.hongyan.simulator.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.push.Messages;
import dev.hongyan.simulator.push.PushComposer;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.PushDecoder;
import dev.hongyan.wechat.push.PushOutcome.Accepted;
import dev.hongyan.wechat.push.PushQuery;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DeliveryTest {
  private final ManualTime time = new ManualTime(1_790_000_000_000L);
  private final FakeWire wire = new FakeWire();
  private final SimulatedAccount account =
      SimulatedAccount.builder(
              Product.MP, "wx1111111111111111", "token", URI.create("http://localhost/wx/a/b"))
          .encodingAesKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
          .build();
  private final PushComposer composer = new PushComposer(account, time, new AtomicLong());
  private final Delivery delivery = delivery(DeliveryOptions.wechat());

  private Delivery delivery(DeliveryOptions options) {
    return new Delivery(account, wire, time, time, options, new SplittableRandom(1));
  }

  private SimulatedPush text() {
    return composer.compose(new SimulatedUser("oABCDEFGHIJKLMNOPQRSTUVWXYZ1"), Messages.text("你好"));
  }

  /** Remembers what was sent; the test answers. */
  private static final class FakeWire implements Wire {
    final List<Sent> sent = new ArrayList<>();

    @Override
    public Exchange send(String method, URI url, String query, byte[] body, String contentType) {
      Sent exchange = new Sent(query, body);
      sent.add(exchange);
      return exchange;
    }

    Sent last() {
      return sent.get(sent.size() - 1);
    }
  }

  private static final class Sent implements Wire.Exchange {
    final String query;
    final byte[] body;
    final Promise<Wire.Answer> answer = Promise.promise();
    boolean abandoned;

    Sent(String query, byte[] body) {
      this.query = query;
      this.body = body;
    }

    void answer(int status, String text) {
      answer.complete(new Wire.Answer(status, Buffer.buffer(text)));
    }

    void refuse() {
      answer.fail(new ConnectException("refused"));
    }

    @Override
    public Future<Wire.Answer> answer() {
      return answer.future();
    }

    @Override
    public void abandon() {
      abandoned = true;
    }
  }

  @Test
  void successAtTheFirstTryIsTheEnd() {
    Future<PushResult> result = delivery.push(text());
    time.advance(Duration.ofMillis(40));
    wire.last().answer(200, "success");

    assertThat(result.result().answered()).isEqualTo(Answered.SUCCESS);
    assertThat(result.result().millis()).isEqualTo(40);
    assertThat(result.result().attempts()).hasSize(1);
    assertThat(time.pending()).isZero();
  }

  @Test
  void aReceiverThatIsSilentIsTriedThreeTimesFiveSecondsApartWithNewNonceAndCiphertext() {
    SimulatedPush push = text();
    Future<PushResult> result = delivery.push(push);
    for (int tries = 1; tries <= 3; tries++) {
      assertThat(wire.sent).hasSize(tries);
      time.advance(Duration.ofMillis(4_999));
      assertThat(wire.sent).hasSize(tries);
      assertThat(wire.last().abandoned).isFalse();
      Sent current = wire.last();
      time.advance(Duration.ofMillis(1));
      assertThat(current.abandoned).isTrue();
    }

    assertThat(wire.sent).hasSize(3);
    assertThat(result.result().answered()).isEqualTo(Answered.TIMEOUT);
    assertThat(result.result().millis()).isEqualTo(15_000);
    assertThat(result.result().attempts())
        .extracting(Attempt::timestampSeconds)
        .containsExactly(1_790_000_000L, 1_790_000_005L, 1_790_000_010L);
    Set<String> nonces = new HashSet<>();
    Set<String> bodies = new HashSet<>();
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      Sent sent = wire.sent.get(i);
      nonces.add(PushQuery.parse(sent.query).nonce());
      bodies.add(new String(sent.body, java.nio.charset.StandardCharsets.UTF_8));
      var outcome =
          new PushDecoder()
              .decode(
                  account.settings(),
                  PushQuery.parse(sent.query),
                  sent.body,
                  1_790_000_000 + 5 * i);
      assertThat(outcome).isInstanceOf(Accepted.class);
      keys.add(((Accepted) outcome).push().dedupeKey());
    }
    assertThat(nonces).hasSize(3);
    assertThat(bodies).hasSize(3);
    assertThat(keys).as("the same push to whoever de-duplicates").hasSize(1);
  }

  @Test
  void anAnswerThatComesAfterItsDeadlineIsNobodys() {
    Future<PushResult> result = delivery.push(text());
    time.advance(Duration.ofSeconds(5));
    wire.sent.get(0).answer(200, "success");
    assertThat(result.isComplete()).isFalse();

    wire.sent.get(1).answer(200, "success");
    assertThat(result.result().attempts())
        .extracting(Attempt::answered)
        .containsExactly(Answered.TIMEOUT, Answered.SUCCESS);
  }

  @Test
  void aRefusedConnectionAndAnErrorStatusAreTriedAgainAfterAPause() {
    Future<PushResult> result = delivery.push(text());
    wire.last().refuse();
    time.advance(Duration.ofMillis(999));
    assertThat(wire.sent).hasSize(1);
    time.advance(Duration.ofMillis(1));
    wire.last().answer(503, "");
    time.advance(Duration.ofSeconds(1));
    wire.last().answer(200, "");

    assertThat(result.result().answered()).isEqualTo(Answered.EMPTY);
    assertThat(result.result().attempts())
        .extracting(Attempt::answered)
        .containsExactly(Answered.REFUSED, Answered.INVALID, Answered.EMPTY);
    assertThat(result.result().attempts().get(1).status()).isEqualTo(503);
  }

  @Test
  void anAnswerThatMeansNothingIsInvalidAndFinal() {
    for (String body : List.of("SUCCESS", "success\n", "{\"ok\":true}", "<html></html>", "ok")) {
      Future<PushResult> result = delivery.push(text());
      wire.last().answer(200, body);
      assertThat(result.result().answered()).as(body).isEqualTo(Answered.INVALID);
      assertThat(result.result().attempts().get(0).fault()).as(body).isNotEmpty();
    }
    assertThat(wire.sent).hasSize(5);
  }

  @Test
  void afterTooManyFailuresTheAccountIsLeftAloneForAMinuteAndPushesAreLost() {
    Delivery touchy =
        delivery(DeliveryOptions.wechat().withTries(1).withMarkFail(3, Duration.ofMinutes(1)));
    for (int i = 0; i < 3; i++) {
      assertThat(touchy.push(text()).isComplete()).isFalse();
      wire.last().refuse();
    }
    time.advance(Duration.ofMillis(59_999));
    PushResult dropped = touchy.push(text()).result();
    assertThat(dropped.answered()).isEqualTo(Answered.DROPPED);
    assertThat(dropped.attempts()).isEmpty();
    assertThat(wire.sent).hasSize(3);

    time.advance(Duration.ofMillis(1));
    Future<PushResult> back = touchy.push(text());
    wire.last().answer(200, "success");
    assertThat(back.result().answered()).isEqualTo(Answered.SUCCESS);
  }

  @Test
  void failuresInARowAreForgottenAfterASuccess() {
    Delivery touchy =
        delivery(DeliveryOptions.wechat().withTries(1).withMarkFail(2, Duration.ofMinutes(1)));
    for (int i = 0; i < 6; i++) {
      Future<PushResult> result = touchy.push(text());
      wire.last().answer(i % 2 == 0 ? 500 : 200, "success");
      assertThat(result.result().answered()).isNotEqualTo(Answered.DROPPED);
    }
  }
}

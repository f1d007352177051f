package dev.hongyan.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.Answered;
import dev.hongyan.simulator.delivery.Attempt;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.simulator.delivery.FlowReport;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.delivery.PushResult;
import dev.hongyan.simulator.hostile.HostileRequests;
import dev.hongyan.simulator.hostile.Hostility;
import dev.hongyan.simulator.push.Events;
import dev.hongyan.simulator.push.Messages;
import dev.hongyan.simulator.push.PushNumber;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.DecodedPush;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The simulator over real sockets; its time is moved by hand, on its own event loop. */
class WeChatSimulatorTest {
  private static final long NOW = 1_790_000_000L;
  private static final String KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  private static final SimulatedUser USER = new SimulatedUser("oABCDEFGHIJKLMNOPQRSTUVWXYZ1");

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final ManualTime time = new ManualTime(NOW * 1000);
  private Receiver receiver;
  private WeChatSimulator wechat;

  @BeforeEach
  void open() throws Exception {
    receiver = new Receiver(vertx, () -> NOW);
    wechat = simulator(DeliveryOptions.wechat());
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private WeChatSimulator simulator(DeliveryOptions options) throws Exception {
    return onLoop(() -> new WeChatSimulator(vertx, time, time, 7, options));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(20, TimeUnit.SECONDS);
  }

  private <T> T onLoop(java.util.concurrent.Callable<T> call) throws Exception {
    Promise<T> promise = Promise.promise();
    context.runOnContext(
        ignored -> {
          try {
            promise.complete(call.call());
          } catch (Exception e) {
            promise.fail(e);
          }
        });
    return await(promise.future());
  }

  private void advance(Duration span) throws Exception {
    boolean unused =
        onLoop(
            () -> {
              time.advance(span);
              return true;
            });
  }

  private PushLine line(Product product, SecurityMode mode, BodyFormat format, URI url) {
    SimulatedAccount account =
        SimulatedAccount.builder(product, "wx1111111111111111", "token", url)
            .mode(mode)
            .format(format)
            .encodingAesKey(KEY)
            .build();
    receiver.expect(account);
    return wechat.register(account);
  }

  private PushLine encryptedLine() {
    return line(Product.MP, SecurityMode.ENCRYPTED, BodyFormat.XML, receiver.url());
  }

  @ParameterizedTest
  @CsvSource({
    "MP,PLAIN,XML",
    "MP,COMPATIBLE,XML",
    "MP,ENCRYPTED,XML",
    "MINI,PLAIN,XML",
    "MINI,COMPATIBLE,XML",
    "MINI,ENCRYPTED,XML",
    "MINI,PLAIN,JSON",
    "MINI,COMPATIBLE,JSON",
    "MINI,ENCRYPTED,JSON",
    "WECOM,ENCRYPTED,XML",
    "OPEN,ENCRYPTED,XML"
  })
  void trafficOfEveryModeAndFormatIsUnderstoodAndTakenOverOnceAndInOrder(
      Product product, SecurityMode mode, BodyFormat format) throws Exception {
    PushLine line = line(product, mode, format, receiver.url());
    assertThat(await(line.verifyUrl()).confirmed()).isTrue();

    FlowReport report =
        await(line.run(new FlowOptions(0, 200, 8, true), line.traffic(5, Set.of()), result -> {}));

    assertThat(receiver.refused).isEmpty();
    assertThat(report.counts().get(Answered.SUCCESS)).isEqualTo(200);
    assertThat(report.attempts()).isEqualTo(200);
    assertThat(wechat.log().accepted()).hasSize(200);
    assertThat(receiver.accepted).extracting(DecodedPush::dedupeKey).doesNotHaveDuplicates();
    Map<String, Long> last = new HashMap<>();
    for (DecodedPush push : receiver.accepted) {
      long number = PushNumber.find(new JsonObject(Buffer.buffer(push.data()))).orElseThrow();
      if (push.subject() != null) {
        Long former = last.put(push.subject(), number);
        assertThat(former == null || former < number).as(push.topic()).isTrue();
      }
    }
  }

  @Test
  void aSilentReceiverIsTriedAgainOnANewRequestWithANewNonce() throws Exception {
    Promise<Void> arrived = Promise.promise();
    receiver.answer =
        (nth, push) -> {
          arrived.tryComplete();
          return nth == 1 ? null : Buffer.buffer("success");
        };
    Future<PushResult> result = encryptedLine().push(USER, Messages.text("在吗"));
    await(arrived.future());
    advance(Duration.ofSeconds(5));

    assertThat(await(result).attempts())
        .extracting(Attempt::answered)
        .containsExactly(Answered.TIMEOUT, Answered.SUCCESS);
    assertThat(receiver.nonces).hasSize(2).doesNotHaveDuplicates();
    assertThat(receiver.accepted.get(0).dedupeKey())
        .isEqualTo(receiver.accepted.get(1).dedupeKey());
  }

  @Test
  void aReceiverThatIsNotThereRefusesEveryTryAndThenIsLeftAlone() throws Exception {
    URI url = receiver.url();
    receiver.close();
    wechat =
        simulator(
            DeliveryOptions.wechat()
                .withTimes(Duration.ofSeconds(5), Duration.ZERO)
                .withMarkFail(2, Duration.ofMinutes(1)));
    PushLine line = line(Product.MP, SecurityMode.ENCRYPTED, BodyFormat.XML, url);

    for (int i = 0; i < 2; i++) {
      PushResult refused = await(line.push(USER, Messages.image()));
      assertThat(refused.answered()).isEqualTo(Answered.REFUSED);
      assertThat(refused.attempts()).hasSize(3);
    }
    assertThat(await(line.push(USER, Messages.image())).answered()).isEqualTo(Answered.DROPPED);
    assertThat(wechat.log().failed()).hasSize(3);
    assertThat(await(line.verifyUrl()).confirmed()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"PLAIN,false", "COMPATIBLE,true", "ENCRYPTED,true"})
  void aPassiveReplyIsOpenedAndShown(SecurityMode mode, boolean encrypted) throws Exception {
    receiver.answer = (nth, push) -> receiver.textReply(push, "您好😊 ]]> <b>");
    PushLine line = line(Product.MP, mode, BodyFormat.XML, receiver.url());

    PushResult result = await(line.push(USER, Messages.text("在吗")));

    assertThat(result.attempts().get(0).fault()).isEmpty();
    assertThat(result.answered()).isEqualTo(Answered.REPLY);
    assertThat(result.reply().type()).isEqualTo("text");
    assertThat(result.reply().encrypted()).isEqualTo(encrypted);
    assertThat(result.reply().toUserName()).isEqualTo(USER.openid());
    assertThat(result.reply().fields().getString("Content")).isEqualTo("您好😊 ]]> <b>");
  }

  @Test
  void aReplyThatWasChangedOrIsForSomebodyElseOrIsPlainIsInvalid() throws Exception {
    PushLine line = encryptedLine();
    receiver.answer =
        (nth, push) ->
            Buffer.buffer(
                receiver.textReply(push, "hi").toString().replaceFirst("<Nonce><!.CDATA.", "$09"));
    assertThat(fault(line)).contains("signature");

    receiver.answer =
        (nth, push) ->
            Buffer.buffer(
                "<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>hi</Content></xml>"
                    .formatted(push.subject(), push.toUserName()));
    assertThat(fault(line)).contains("plain");

    DecodedPush[] first = new DecodedPush[1];
    receiver.answer =
        (nth, push) -> {
          first[0] = first[0] == null ? push : first[0];
          return receiver.textReply(first[0], "hi");
        };
    assertThat(await(line.push(USER, Events.click("k"))).answered()).isEqualTo(Answered.REPLY);
    PushResult stranger = await(line.push(new SimulatedUser("oSTRANGER"), Messages.text("在吗")));
    assertThat(stranger.attempts().get(0).fault()).contains("to this user");
  }

  private static String fault(PushLine line) throws Exception {
    PushResult result = await(line.push(USER, Messages.text("在吗")));
    assertThat(result.answered()).isEqualTo(Answered.INVALID);
    assertThat(result.attempts()).hasSize(1);
    return result.attempts().get(0).fault();
  }

  @Test
  void aWrongEchoIsNotConfirmed() throws Exception {
    PushLine line = encryptedLine();
    SimulatedAccount other =
        SimulatedAccount.builder(Product.MP, "wx1111111111111111", "other", receiver.url())
            .encodingAesKey(KEY)
            .build();
    receiver.expect(other);

    assertThat(await(line.verifyUrl()).confirmed()).isFalse();
    assertThat(await(line.verifyUrl()).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @CsvSource({"MP,ENCRYPTED,XML", "MINI,ENCRYPTED,JSON", "MP,PLAIN,XML", "MINI,PLAIN,JSON"})
  void everyHostileRequestIsRefusedAtTheCheckItIsMadeFor(
      Product product, SecurityMode mode, BodyFormat format) throws Exception {
    PushLine line = line(product, mode, format, receiver.url());
    HostileRequests hostile = new HostileRequests(line.account(), new SplittableRandom(3));
    int sent = 0;
    for (Hostility hostility : Hostility.values()) {
      if (mode == SecurityMode.PLAIN
          && Set.of(
                  Hostility.DOWNGRADE,
                  Hostility.TAMPERED_CIPHERTEXT,
                  Hostility.RANDOM_CIPHERTEXT,
                  Hostility.WRONG_RECEIVE_ID)
              .contains(hostility)) {
        assertThatThrownBy(() -> hostile.make(hostility, NOW))
            .isInstanceOf(IllegalArgumentException.class);
        continue;
      }
      assertThat(await(line.send(hostile.make(hostility, NOW))).status())
          .as("%s", hostility)
          .isEqualTo(403);
      sent++;
    }
    assertThat(receiver.accepted).isEmpty();
    assertThat(receiver.refused).hasSize(sent);
    if (mode == SecurityMode.ENCRYPTED && format == BodyFormat.XML) {
      assertThat(receiver.refused.stream().map(stage -> stage.name()).toList())
          .isEqualTo(
              List.of(
                  "SIGNATURE",
                  "CLOCK",
                  "QUERY",
                  "QUERY",
                  "MODE",
                  "SIGNATURE",
                  "PADDING",
                  "RECEIVE_ID",
                  "XML",
                  "XML",
                  "XML",
                  "XML",
                  "XML",
                  "ENVELOPE",
                  "SIZE"));
    }
  }
}

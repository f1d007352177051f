package dev.hongyan.gateway.reply;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hongyan.observability.metrics.Metrics;
import dev.hongyan.observability.metrics.Series;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.spool.Intake;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.Routing;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.ReplyContext;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The three windows, with time that is moved by hand; a try of WeChat is given up after 5 s. */
class ReplyDeskTest {
  private static final long NOW = 1_790_000_000_000L;
  private static final String KEY = "k1";

  private final ManualTime time = new ManualTime(NOW);
  private final SharedReplyStore store = new SharedReplyStore();
  private final List<Metrics> all = new ArrayList<>();
  private Node node;
  private boolean canSend = true;

  /** A process with one event loop. */
  private final class Node {
    final Metrics metrics = new Metrics();
    final List<JsonObject> late = new ArrayList<>();
    final Replies replies;
    final ReplyDesk desk;

    Node(String name, Account.Kind kind) {
      all.add(metrics);
      replies =
          new Replies(
              new Replies.Parts(
                  name,
                  time,
                  time,
                  tenant -> acme(kind),
                  (tenant, account, openid, message, key) -> {
                    late.add(message.copy().put("key", key));
                    return Future.succeededFuture(canSend);
                  },
                  () -> true,
                  ReplyTiming.WECHAT,
                  metrics),
              store);
      desk = new ReplyDesk(replies, Runnable::run, time, () -> new byte[16]);
      store.hears.add(replies::hinted);
    }

    long counted(String outcome) {
      return metrics.tally(Series.REPLIES, outcome).count();
    }

    How answered(String content) {
      return answer(content).result();
    }

    Future<How> answer(String content) {
      return replies.answer(question(7, 3), text(content));
    }
  }

  private static final class Request implements HeldRequest {
    private final Product product;
    String said;
    boolean broken;

    Request(Product product) {
      this.product = product;
    }

    @Override
    public ReplyContext context() {
      return new ReplyContext(
          product,
          BodyFormat.XML,
          false,
          null,
          "token",
          "",
          "n",
          "gh_1",
          "o1",
          false,
          false,
          false);
    }

    @Override
    public Future<Void> reply(byte[] body, BodyFormat as) {
      assertThat(said).isNull();
      if (broken) {
        return Future.failedFuture("gone");
      }
      said = new String(body, StandardCharsets.UTF_8);
      return Future.succeededFuture();
    }

    @Override
    public void success() {
      assertThat(said).isNull();
      said = "success";
    }

    @Override
    public void failed(Throwable why) {
      assertThat(said).isNull();
      said = "failed";
    }

    @Override
    public void hangUp() {
      assertThat(said).isNull();
      said = "hung up";
    }
  }

  /** A try of WeChat. */
  private static final class Try {
    final Request request;
    final ReplyDesk.Held held;

    Try(Request request, ReplyDesk.Held held) {
      this.request = request;
      this.held = held;
    }

    String said() {
      return request.said;
    }
  }

  @BeforeEach
  void start() {
    node = new Node("a", Account.Kind.MP);
  }

  @AfterEach
  void stop() {
    all.forEach(Metrics::close);
  }

  private static JsonNode text(String content) {
    return new ObjectMapper().createObjectNode().put("type", "text").put("content", content);
  }

  private static Question question(long id, int windows) {
    return new Question("acme", id, "wx.mp.message.text", "shop", "wx1", "o1", NOW, windows);
  }

  private Try hold(Node on, long id, int windows, Product product) {
    Request request = new Request(product);
    return new Try(request, on.desk.hold(question(id, windows), request, time.nanos()));
  }

  private Try first(int windows) {
    return first(node, windows, Product.MP);
  }

  private Try first(Node on, int windows, Product product) {
    Try one = hold(on, 7, windows, product);
    store.isInTheLog(
        "acme", "shop", KEY, new EntryHeader(7, "wx.mp.message.text", "o1", time.wallMillis(), 0));
    one.held.taken(Intake.Taken.NEW, KEY);
    return one;
  }

  private Try again(Node on, int windows) {
    Try one = hold(on, 8 + time.nanos(), windows, Product.MP);
    one.held.taken(Intake.Taken.DUPLICATE, KEY);
    return one;
  }

  private void seconds(double n) {
    time.advance(Duration.ofMillis((long) (n * 1000)));
  }

  /** WeChat gives a try up and makes the next. */
  private Try givenUp(Try before, int windows) {
    seconds(5);
    before.held.gone();
    return again(node, windows);
  }

  @Test
  void anAnswerGoesIntoTheRequestThatWaits() {
    Try one = first(3);
    seconds(1);
    assertThat(one.said()).isNull();
    assertThat(node.answered("hi")).isEqualTo(How.PASSIVE);
    assertThat(one.said())
        .contains("<ToUserName><![CDATA[o1]]>", "<FromUserName><![CDATA[gh_1]]>", "[CDATA[hi]]");
    seconds(60);
    assertThat(node.desk.waiting()).isZero();
    assertThat(time.pending()).isZero();
    assertThat(node.late).isEmpty();
    assertThat(node.counted("passive")).isOne();
  }

  @Test
  void withOneWindowTheFirstTryIsAnsweredAfterFourSeconds() {
    Try one = first(1);
    seconds(3.9);
    assertThat(one.said()).isNull();
    seconds(0.1);
    assertThat(one.said()).isEqualTo("success");
    assertThat(node.counted("none")).isOne();
    assertThat(node.answered("hi")).isEqualTo(How.CUSTOMER_SERVICE);
  }

  @Test
  void withThreeWindowsTwoTriesStayWithoutAnAnswerAndTheThirdIsAnsweredSuccess() {
    Try one = first(3);
    Try two = givenUp(one, 3);
    Try three = givenUp(two, 3);
    seconds(3.9);
    assertThat(three.said()).isNull();
    seconds(0.1);
    assertThat(three.said()).isEqualTo("success");
    assertThat(one.said()).isNull();
    assertThat(two.said()).isNull();
    seconds(60);
    assertThat(time.pending()).isZero();
  }

  @Test
  void withTwoWindowsTheSecondTryIsAnsweredSuccess() {
    Try two = givenUp(first(2), 2);
    seconds(4);
    assertThat(two.said()).isEqualTo("success");
  }

  @Test
  void anAnswerAfterNineSecondsReachesTheSecondRetry() {
    Try two = givenUp(first(3), 3);
    seconds(4.5); // the budget of the second try is used up, the third has not come
    Future<How> how = node.answer("at last");
    assertThat(how.isComplete()).isFalse();
    assertThat(two.said()).isNull();
    seconds(0.5);
    two.held.gone();
    Try three = again(node, 3);
    assertThat(three.said()).contains("[CDATA[at last]]");
    assertThat(how.result()).isEqualTo(How.PASSIVE);
  }

  @Test
  void anAnswerAfterTwentySecondsIsACustomerServiceMessage() {
    Try three = givenUp(givenUp(first(3), 3), 3);
    seconds(4);
    assertThat(three.said()).isEqualTo("success");
    seconds(6);
    assertThat(node.answered("sorry")).isEqualTo(How.CUSTOMER_SERVICE);
    assertThat(node.late)
        .containsExactly(
            new JsonObject()
                .put("touser", "o1")
                .put("msgtype", "text")
                .put("text", new JsonObject().put("content", "sorry"))
                .put("key", "reply-7"));
    assertThat(node.counted("customer-service")).isOne();
  }

  @Test
  void anAnswerForWhichNoFurtherTryCameIsACustomerServiceMessage() {
    Try one = first(3);
    seconds(2);
    one.held.gone();
    Future<How> how = node.answer("hi");
    seconds(13.9);
    assertThat(how.isComplete()).isFalse();
    seconds(0.1);
    assertThat(how.result()).isEqualTo(How.CUSTOMER_SERVICE);
    Try stray = again(node, 3);
    assertThat(stray.said()).isEqualTo("success");
    assertThat(node.late).hasSize(1);
  }

  @Test
  void whatCannotBeSentLaterIsTooLate() {
    canSend = false;
    Try one = first(1);
    seconds(4);
    assertThat(one.said()).isEqualTo("success");
    assertThat(node.answered("hi")).isEqualTo(How.TOO_LATE);
  }

  @Test
  void onlyTheFirstAnswerCounts() {
    Try one = first(3);
    assertThat(node.answered("first")).isEqualTo(How.PASSIVE);
    assertThat(node.answered("second")).isEqualTo(How.TOO_LATE);
    assertThat(one.said()).contains("first");
    assertThat(node.late).isEmpty();
  }

  @Test
  void aRepeatOfAnAnsweredPushGetsTheSameReply() {
    Try one = first(3);
    assertThat(node.answered("hi")).isEqualTo(How.PASSIVE);
    Try repeat = again(node, 3);
    assertThat(repeat.said()).isEqualTo(one.said());
  }

  @Test
  void fiveIdenticalPushesGetTheOneAnswer() {
    List<Try> tries = new ArrayList<>(List.of(first(3)));
    for (int i = 0; i < 4; i++) {
      tries.add(again(node, 3));
    }
    assertThat(node.answered("hi")).isEqualTo(How.PASSIVE);
    assertThat(tries).allSatisfy(t -> assertThat(t.said()).contains("[CDATA[hi]]"));
    assertThat(node.desk.waiting()).isZero();
  }

  @Test
  void aWriteThatFailsLeavesTheAnswerToTheNextTry() {
    Try one = first(3);
    one.request.broken = true;
    Future<How> how = node.answer("hi");
    assertThat(how.isComplete()).isFalse();
    Try two = givenUp(one, 3);
    assertThat(two.said()).contains("[CDATA[hi]]");
    assertThat(how.result()).isEqualTo(How.PASSIVE);
  }

  @Test
  void aWriteThatFailsAtTheLastTryMakesItACustomerServiceMessage() {
    Try one = first(1);
    one.request.broken = true;
    Future<How> how = node.replies.answer(question(7, 1), text("hi"));
    seconds(6);
    assertThat(how.result()).isEqualTo(How.CUSTOMER_SERVICE);
    assertThat(node.late).hasSize(1);
  }

  @Test
  void aRequestIsNotAnsweredBeforeItsMessageIsSafe() {
    Try one = hold(node, 7, 3, Product.MP);
    Future<How> how = node.answer("quick");
    assertThat(one.said()).isNull();
    one.held.taken(Intake.Taken.NEW, KEY);
    assertThat(one.said()).contains("[CDATA[quick]]");
    assertThat(how.result()).isEqualTo(How.PASSIVE);
  }

  @Test
  void whatIsInTheSpoolIsAnsweredAtOnce() {
    Try one = hold(node, 7, 3, Product.MP);
    one.held.taken(Intake.Taken.SPOOLED, KEY);
    assertThat(one.said()).isEqualTo("success");
  }

  @Test
  void aMessageThatIsNowhereIsRefused() {
    Try one = hold(node, 7, 3, Product.MP);
    one.held.failed(new IllegalStateException("no room"));
    assertThat(one.said()).isEqualTo("failed");
    assertThat(node.desk.waiting()).isZero();
  }

  @Test
  void theLastRequestIsAnsweredInTimeAlsoWithoutTheStore() {
    Try one = first(1);
    store.away = true;
    seconds(4);
    assertThat(one.said()).isEqualTo("success");
  }

  @Test
  void aRequestThatWeChatDoesNotGiveUpIsEnded() {
    Try one = first(3);
    seconds(6.4);
    assertThat(one.said()).isNull();
    seconds(0.2);
    assertThat(one.said()).isEqualTo("hung up");
  }

  @Test
  void aMiniProgramIsAnsweredSuccessAndItsUserByCustomerService() {
    Node mini = new Node("m", Account.Kind.MINI);
    Try one = first(mini, 3, Product.MINI);
    assertThat(mini.answered("hi")).isEqualTo(How.CUSTOMER_SERVICE);
    assertThat(one.said()).isEqualTo("success");
    assertThat(mini.late).hasSize(1);
  }

  @Test
  void aMiniProgramHandsItsUserToCustomerService() {
    Node mini = new Node("m", Account.Kind.MINI);
    Try one = first(mini, 3, Product.MINI);
    JsonNode transfer =
        new ObjectMapper().createObjectNode().put("type", "transfer_customer_service");
    assertThat(mini.replies.answer(question(7, 3), transfer).result()).isEqualTo(How.PASSIVE);
    assertThat(one.said()).contains("transfer_customer_service");
  }

  @Test
  void anAnswerGivenInAnotherProcessReachesTheRequest() {
    Node other = new Node("b", Account.Kind.MP);
    Try one = first(3);
    Future<How> how = other.answer("from b");
    assertThat(one.said()).contains("[CDATA[from b]]");
    assertThat(how.result()).isEqualTo(How.PASSIVE);
    assertThat(other.late).isEmpty();
  }

  @Test
  void aRetryThatComesToAnotherProcessJoins() {
    Node other = new Node("b", Account.Kind.MP);
    Try one = first(3);
    seconds(5);
    one.held.gone();
    Try two = again(other, 3);
    assertThat(node.answered("hi")).isEqualTo(How.PASSIVE);
    assertThat(two.said()).contains("[CDATA[hi]]");
  }

  @Test
  void requestsBeyondTheLimitAreAnsweredAtOnce() {
    for (int i = 0; i < Replies.WAITING_MAX; i++) {
      hold(node, 100 + i, 3, Product.MP).held.taken(Intake.Taken.NEW, "k" + i);
    }
    Try one = first(3);
    assertThat(one.said()).isEqualTo("success");
    assertThat(node.counted("full")).isOne();
    seconds(7);
    assertThat(first(3).said()).isNull();
  }

  @Test
  void aMessageThatIsNoReplyChangesNothing() {
    Try one = first(3);
    Future<How> how = node.replies.answer(question(7, 3), text("x".repeat(2049)));
    assertThat(how.failed()).isTrue();
    assertThat(node.counted("invalid")).isOne();
    assertThat(one.said()).isNull();
    assertThat(node.answered("hi")).isEqualTo(How.PASSIVE);
  }

  private static Tenant acme(Account.Kind kind) {
    Account shop =
        new Account(
            "shop",
            kind,
            "wx1",
            null,
            null,
            null,
            null,
            null,
            Account.Mode.PLAIN,
            null,
            Account.TokenMode.STABLE,
            List.of());
    return new Tenant(
        "acme",
        "acme",
        Tenant.DEFAULT_PRIORITY,
        Tenant.Retention.DEFAULT,
        List.of(),
        false,
        Map.of("shop", shop),
        Routing.NONE,
        Map.of(),
        Tenant.Source.API,
        1,
        "");
  }
}

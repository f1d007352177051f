package dev.hongyan.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.router.send.SendKind;
import dev.hongyan.router.send.Sends;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LateSendsTest {
  private record Asked(Sends.Order order, Context on) {}

  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final LateSends late = new LateSends();
  private Vertx vertx;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Future<Sends.Taken> take(Sends.Order order) {
    asked.add(new Asked(order, Vertx.currentContext()));
    return Future.succeededFuture(new Sends.Taken(1, 0, false));
  }

  private static JsonObject text(String content) {
    return new JsonObject()
        .put("touser", "o-somebody-else")
        .put("msgtype", "text")
        .put("text", new JsonObject().put("content", content));
  }

  private Future<Boolean> send(JsonObject message) {
    return late.send("acme", "shop", "o-ada", message, "late-7");
  }

  @Test
  void beforeAnybodyTakesSendsNothingIsSentAndThatIsSaid() throws Exception {
    assertThat(await(send(text("在")))).isFalse();
    assertThat(asked).isEmpty();
  }

  @Test
  void anAnswerBecomesACustomerServiceMessageToWhoeverAsked() throws Exception {
    late.by(vertx.getOrCreateContext(), this::take);
    JsonObject message = text("在");
    assertThat(await(send(message))).isTrue();
    Sends.Order order = asked.get(0).order();
    assertThat(order.tenant()).isEqualTo("acme");
    assertThat(order.account()).isEqualTo("shop");
    assertThat(order.kind()).isEqualTo(SendKind.CUSTOM);
    assertThat(order.openid()).isEqualTo("o-ada");
    assertThat(order.dedupeKey()).isEqualTo("late-7");
    assertThat(order.dueMillis()).isZero();
    assertThat(order.deadlineMillis()).isZero();
    JsonObject payload = text("在");
    Object unused = payload.remove("touser");
    assertThat(order.payload()).isEqualTo(payload);
    assertThat(message).isEqualTo(text("在"));
  }

  @Test
  void whoeverCameFirstTakesThemAllOnItsOwnLoop() throws Exception {
    Context first = vertx.getOrCreateContext();
    late.by(first, this::take);
    late.by(
        vertx.getOrCreateContext(),
        order -> Future.failedFuture(new AssertionError("the second one was asked")));
    assertThat(await(send(text("1")))).isTrue();
    assertThat(await(send(text("2")))).isTrue();
    assertThat(asked).hasSize(2).allMatch(a -> a.on() == first);
  }

  @Test
  void aSendThatIsNotTakenFails() {
    late.by(
        vertx.getOrCreateContext(),
        order -> Future.failedFuture(new IllegalStateException("no store")));
    assertThatThrownBy(() -> await(send(text("1"))))
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("no store");
  }
}

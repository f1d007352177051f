package dev.hongyan.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import dev.hongyan.wechat.push.DecodedPush;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulateRunTest {
  private final Vertx vertx = Vertx.vertx();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private Receiver receiver;

  @BeforeEach
  void open() throws Exception {
    receiver = new Receiver(vertx, () -> Clock.system().wallMillis() / 1000);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().await(20, TimeUnit.SECONDS);
  }

  private int run(String only, boolean verify) throws Exception {
    SimulatedAccount account =
        SimulateOptions.account(
            receiver.url().toString(),
            "mp",
            "wx1111111111111111",
            null,
            "secret-token",
            null,
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            "encrypted",
            "xml");
    receiver.expect(account);
    SimulateOptions options =
        new SimulateOptions(
            account,
            FlowOptions.of(2_000, 40),
            DeliveryOptions.wechat().withTimes(Duration.ofSeconds(5), Duration.ofMillis(1)),
            7,
            5,
            SimulateOptions.only(only),
            verify,
            null);
    return new SimulateRun(
            vertx,
            Clock.system(),
            new VertxTimers(vertx),
            options,
            new PrintStream(printed, true, StandardCharsets.UTF_8),
            ZoneOffset.UTC)
        .run()
        .await(30, TimeUnit.SECONDS);
  }

  private List<String> lines() {
    return printed.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void oneLinePerPushASummaryAndZeroWhenAllIsTakenOver() throws Exception {
    assertThat(run("text, event", true)).isZero();

    assertThat(lines()).hasSize(42);
    assertThat(lines().get(0)).startsWith("URL verified");
    assertThat(lines().subList(1, 41)).allMatch(line -> line.contains("1 try    success"));
    assertThat(lines().get(41)).startsWith("40 pushes in ").contains("40 tries: 40 success");
    assertThat(receiver.accepted)
        .extracting(DecodedPush::topic)
        .allMatch(topic -> topic.equals("wx.mp.message.text") || topic.startsWith("wx.mp.event."));
  }

  @Test
  void neitherSecretsNorTextsNorOpenidsArePrinted() throws Exception {
    assertThat(run("text", false)).isZero();

    assertThat(lines()).noneMatch(line -> line.contains("secret-token") || line.contains("#"));
    for (DecodedPush push : receiver.accepted) {
      assertThat(lines()).noneMatch(line -> line.contains(push.subject()));
    }
  }

  @Test
  void theExitCodeSaysThatSomethingWasNotTakenOver() throws Exception {
    receiver.answer = (nth, push) -> Buffer.buffer(nth == 5 ? "oops" : "success");
    assertThat(run("text", false)).isEqualTo(1);
    assertThat(lines().get(40)).contains("39 success, 1 invalid");
  }

  @Test
  void aRefusedVerificationEndsTheRun() throws Exception {
    SimulatedAccount other =
        SimulateOptions.account(
            receiver.url().toString(), "mp", "wx2", null, "other", null, null, "plain", "xml");
    SimulateOptions options =
        new SimulateOptions(
            other,
            FlowOptions.of(10, 10),
            DeliveryOptions.wechat(),
            1,
            1,
            SimulateOptions.only(null),
            true,
            null);
    receiver.expect(
        SimulatedAccount.builder(other.product(), other.appId(), "not-other", receiver.url())
            .mode(other.settings().mode())
            .build());
    int exit =
        new SimulateRun(
                vertx,
                Clock.system(),
                new VertxTimers(vertx),
                options,
                new PrintStream(printed, true, StandardCharsets.UTF_8),
                ZoneOffset.UTC)
            .run()
            .await(30, TimeUnit.SECONDS);
    assertThat(exit).isEqualTo(1);
    assertThat(lines()).containsExactly("URL verification refused: status 403");
  }

  @Test
  void theApiSideIsServedUntilTheRunIsStopped() throws Exception {
    SimulatedAccount account =
        SimulateOptions.account(
            receiver.url().toString(), "mp", "wx2", null, "t", "top-secret", null, "plain", "xml");
    receiver.expect(account);
    SimulateRun run =
        new SimulateRun(
            vertx,
            Clock.system(),
            new VertxTimers(vertx),
            new SimulateOptions(
                account,
                null,
                DeliveryOptions.wechat(),
                1,
                1,
                SimulateOptions.only(null),
                true,
                SimulateOptions.api(0)),
            new PrintStream(printed, true, StandardCharsets.UTF_8),
            ZoneOffset.UTC);
    BlockingQueue<String> verified = new LinkedBlockingQueue<>();
    receiver.onEcho = () -> verified.add("verified");
    Future<Integer> exit = run.run();

    assertThat(verified.poll(20, TimeUnit.SECONDS)).isNotNull();
    assertThat(lines().get(0)).startsWith("the API side is at http://127.0.0.1:");
    String url = lines().get(0).substring("the API side is at ".length());
    String answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            url
                                + "/cgi-bin/token?grant_type=client_credential&appid=wx2&secret=top-secret"))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    assertThat(answer).contains("\"access_token\"");
    assertThat(exit.isComplete()).isFalse();
    run.stop();
    assertThat(exit.await(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void theApiSideNeedsASecret() {
    SimulatedAccount account =
        SimulateOptions.account(
            receiver.url().toString(), "mp", "wx2", null, "t", null, null, "plain", "xml");
    assertThatThrownBy(
            () ->
                new SimulateOptions(
                    account,
                    FlowOptions.of(1, 1),
                    DeliveryOptions.wechat(),
                    1,
                    1,
                    SimulateOptions.only(null),
                    false,
                    SimulateOptions.api(0)))
        .hasMessage("--api-port needs --secret");
  }

  @Test
  void aMistypedOptionIsNamedWithItsChoices() {
    assertThatThrownBy(
            () ->
                SimulateOptions.account(
                    "http://localhost/x", "mp", "wx", null, "t", null, null, "safe", "xml"))
        .hasMessage("--mode must be one of plain, compatible, encrypted, not safe");
    assertThatThrownBy(
            () ->
                SimulateOptions.account(
                    "localhost:8080/x", "mp", "wx", null, "t", null, null, "plain", "xml"))
        .hasMessageContaining("absolute http or https URL");
  }
}

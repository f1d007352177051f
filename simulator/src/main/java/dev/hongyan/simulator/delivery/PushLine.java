package dev.hongyan.simulator.delivery;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.push.Draft;
import dev.hongyan.simulator.push.PushComposer;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.simulator.push.Traffic;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.simulator.user.SimulatedUsers;
import dev.hongyan.wechat.push.PushEncoder;
import dev.hongyan.wechat.push.PushEncoder.EncodedPush;
import io.vertx.core.Future;
import java.net.URI;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The line from a simulated WeChat to one account's receiver. Methods may be called from any
 * thread; the work, and listeners, run on the simulator's own.
 */
public final class PushLine {
  private final SimulatedAccount account;
  private final Workshop workshop;
  private final PushComposer composer;
  private final Delivery delivery;
  private final SplittableRandom trafficRandom;

  PushLine(
      SimulatedAccount account,
      Workshop workshop,
      PushComposer composer,
      SplittableRandom deliveryRandom,
      SplittableRandom trafficRandom) {
    this.account = account;
    this.workshop = workshop;
    this.composer = composer;
    this.trafficRandom = trafficRandom;
    this.delivery =
        new Delivery(
            account,
            workshop.wire,
            workshop.clock,
            workshop.timers,
            workshop.options,
            deliveryRandom);
  }

  /** Whom this line pushes to. */
  public SimulatedAccount account() {
    return account;
  }

  /** Makes pushes for this account. */
  public PushComposer composer() {
    return composer;
  }

  /** Makes a push and delivers it. */
  public Future<PushResult> push(SimulatedUser user, Draft draft) {
    return push(composer.compose(user, draft));
  }

  /**
   * Delivers a push; several given at once are delivered at the same time. The same push may be
   * given again, as if WeChat had forgotten that it delivered it.
   *
   * @return the result after the last try; does not fail for anything the receiver does
   */
  public Future<PushResult> push(SimulatedPush push) {
    return workshop.work(() -> logged(push));
  }

  /**
   * Everyday traffic for this account. The same simulator seed, account order and arguments give
   * the same traffic.
   *
   * @param users how many users there are, 1 to {@link SimulatedUsers#COUNT_MAX}
   * @param only what to restrict it to, see {@link Traffic}; empty for no restriction
   */
  public Traffic traffic(int users, Set<String> only) {
    SplittableRandom random;
    synchronized (trafficRandom) {
      random = trafficRandom.split();
    }
    SimulatedUsers people = SimulatedUsers.random(account.product(), users, random);
    return new Traffic(composer, account.product(), people, random, only);
  }

  /**
   * Lets traffic flow.
   *
   * @param listener gets every result as it comes
   * @return the report after the last result
   */
  public Future<FlowReport> run(
      FlowOptions options, Traffic traffic, Consumer<PushResult> listener) {
    return workshop.work(
        () ->
            new Flow(
                    options, workshop.clock, workshop.timers, traffic::next, this::logged, listener)
                .run());
  }

  private Future<PushResult> logged(SimulatedPush push) {
    workshop.observed(account, push);
    return delivery.push(push).onSuccess(workshop.log::add);
  }

  /** Does what WeChat does when the owner saves the push settings. */
  public Future<Verification> verifyUrl() {
    return workshop.work(
        () -> {
          String echo = delivery.nonce() + delivery.nonce();
          EncodedPush encoded =
              new PushEncoder()
                  .verification(
                      account.settings(),
                      echo,
                      workshop.clock.wallMillis() / 1000,
                      delivery.nonce(),
                      delivery.random16());
          long started = workshop.clock.nanos();
          return workshop
              .once("GET", account.callback(), encoded.query(), encoded.body(), "")
              .map(answer -> judge(answer, echo, workshop.millisSince(started)))
              .otherwise(
                  failure ->
                      new Verification(
                          false,
                          0,
                          String.valueOf(failure.getMessage()),
                          workshop.millisSince(started)));
        });
  }

  private static Verification judge(Wire.Answer answer, String echo, long millis) {
    if (answer.status() != 200) {
      return new Verification(false, answer.status(), "status " + answer.status(), millis);
    }
    boolean same = answer.body().toString().equals(echo);
    return new Verification(same, 200, same ? "" : "the answer is not the echostr", millis);
  }

  /**
   * Sends a request once, as it is.
   *
   * @return the answer; fails if there is none within the time of a try
   */
  public Future<RawAnswer> send(RawRequest request) {
    return workshop.work(
        () -> {
          URI url = account.callback();
          long started = workshop.clock.nanos();
          return workshop
              .once(request.method(), url, request.query(), request.body(), request.contentType())
              .map(
                  answer ->
                      new RawAnswer(answer.status(), answer.body(), workshop.millisSince(started)));
        });
  }
}

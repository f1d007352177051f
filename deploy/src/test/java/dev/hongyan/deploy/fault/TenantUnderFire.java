package dev.hongyan.deploy.fault;

import dev.hongyan.client.HongyanClient;
import dev.hongyan.client.Publish;
import dev.hongyan.client.SubscribeOptions;
import dev.hongyan.simulator.WeChatSimulator;
import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.simulator.delivery.PushLine;
import dev.hongyan.simulator.push.Messages;
import dev.hongyan.simulator.push.SimulatedPush;
import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.SecurityMode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * One tenant of a run: WeChat pushes and messages published by a client go in, each subject one
 * after the other; a durable client, a destination (everything) and a route to another destination
 * (pushes only) get them.
 */
final class TenantUnderFire implements AutoCloseable {
  static final String CRM = "destination:crm";
  static final String AUDIT = "route:to-audit";

  private static final int USERS = 40;
  private static final int ORDERS = 10;

  /** Numbers of published messages begin here, those of pushes stay below. */
  private static final long PUBLISHED_FROM = 10_000_000;

  private static final String TOKEN = "tokenOfTheFaultRun";
  private static final String AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

  /** A healthy message meets two faults at most, the rest is for a machine that is too slow. */
  private static final JsonArray RETRY =
      new JsonArray().add("100ms").add("100ms").add("200ms").add("200ms").add("400ms");

  private final String tenant;
  private final Decisions decisions;
  private final NodeProcess node;
  private final LongConsumer onAccepted;
  private final Set<Long> accepted = ConcurrentHashMap.newKeySet();
  private final Set<Long> doomed = ConcurrentHashMap.newKeySet();
  private final Map<String, Decisions.Fortune> fortunes = new HashMap<>();
  private final Arrivals client;
  private Arrivals crm;
  private Arrivals audit;
  private HongyanClient hongyan;

  TenantUnderFire(
      String tenant,
      Decisions decisions,
      NodeProcess node,
      FaultyReceiver receiver,
      LongConsumer onAccepted)
      throws Exception {
    this.tenant = tenant;
    this.decisions = decisions;
    this.node = node;
    this.onAccepted = onAccepted;
    this.client = new Arrivals(tenant + " client");
    for (int user = 0; user < USERS; user++) {
      if (Decisions.fortune(user) != Decisions.Fortune.WELL) {
        fortunes.put(openid(user), Decisions.fortune(user));
      }
    }
    this.crm = receiver.side("/" + tenant + "/crm", fortunes);
    this.audit = receiver.side("/" + tenant + "/audit", Map.of());
    node.post("/tenants", new JsonObject().put("id", tenant).put("name", tenant));
    node.post(
        "/tenants/" + tenant + "/accounts",
        new JsonObject()
            .put("id", "shop")
            .put("kind", "mp")
            .put("appId", appId())
            .put("token", TOKEN)
            .put("mode", "encrypted")
            .put("encodingAesKey", AES_KEY));
    destination(receiver, "crm", new JsonArray().add("wx.#").add("app.#"));
    destination(receiver, "audit", new JsonArray());
    node.post(
        "/tenants/" + tenant + "/routes",
        new JsonObject()
            .put("id", "to-audit")
            .put("match", "wx.#")
            .put("concurrency", 8)
            .put("to", new JsonObject().put("destination", "audit")));
    String token = node.clientToken(tenant);
    this.hongyan =
        HongyanClient.builder(URI.create("ws://127.0.0.1:" + node.port() + "/ws/v1"))
            .client("crm")
            .token(() -> CompletableFuture.completedFuture(token))
            .connect();
    hongyan
        .subscribe(SubscribeOptions.durable("all", "wx.#", "app.#"), m -> handle(m.event().json()))
        .ready()
        .get(60, TimeUnit.SECONDS);
  }

  private void destination(FaultyReceiver receiver, String id, JsonArray topics) throws Exception {
    node.post(
        "/tenants/" + tenant + "/destinations",
        new JsonObject()
            .put("id", id)
            .put("url", receiver.url("/" + tenant + "/" + id))
            .put("topics", topics)
            .put("concurrency", 16)
            .put("timeoutMs", 4_000)
            .put("retry", RETRY));
  }

  private CompletableFuture<?> handle(String json) {
    JsonObject event = new JsonObject(json);
    long number = Arrivals.number(event);
    int before = client.arrived(event.getString("id"), event.getString("subject"), number, false);
    if (before == 0 && decisions.handlerFails(tenant, number)) {
      return CompletableFuture.failedFuture(new IllegalStateException("not today"));
    }
    var unused = client.took(number);
    return CompletableFuture.completedFuture(null);
  }

  String name() {
    return tenant;
  }

  private String appId() {
    return "wx" + "%016x".formatted(tenant.hashCode() & 0xffffffffL);
  }

  private String openid(int user) {
    return "oFault_" + tenant + "_%012d".formatted(user);
  }

  /** Numbers that were answered. */
  Set<Long> accepted() {
    return Set.copyOf(accepted);
  }

  /** Numbers whose subject fares ill, whether answered or not. */
  Set<Long> doomed() {
    return Set.copyOf(doomed);
  }

  Arrivals client() {
    return client;
  }

  Arrivals crm() {
    return crm;
  }

  Arrivals audit() {
    return audit;
  }

  static boolean isPush(long number) {
    return number < PUBLISHED_FROM;
  }

  // ---- what goes in ----

  /** Sends so many messages, a fifth of them published; the Future ends with the last answer. */
  CompletableFuture<Void> send(WeChatSimulator wechat, int messages) {
    PushLine line =
        wechat.register(
            SimulatedAccount.builder(
                    Product.MP,
                    appId(),
                    TOKEN,
                    URI.create("http://127.0.0.1:" + node.port() + "/wx/" + tenant + "/shop"))
                .mode(SecurityMode.ENCRYPTED)
                .encodingAesKey(AES_KEY)
                .build());
    List<SimulatedUser> users = new ArrayList<>();
    List<Queue<SimulatedPush>> pushes = new ArrayList<>();
    for (int user = 0; user < USERS; user++) {
      users.add(new SimulatedUser(openid(user)));
      pushes.add(new ArrayDeque<>());
    }
    List<Queue<Long>> orders = new ArrayList<>();
    for (int order = 0; order < ORDERS; order++) {
      orders.add(new ArrayDeque<>());
    }
    for (int i = 0; i < messages; i++) {
      if (i % 5 == 4) {
        orders.get(decisions.user(tenant, i, ORDERS)).add(PUBLISHED_FROM + i);
      } else {
        int user = decisions.user(tenant, i, USERS);
        SimulatedPush push = line.composer().compose(users.get(user), Messages.numberedText("在吗"));
        pushes.get(user).add(push);
        if (Decisions.fortune(user) != Decisions.Fortune.WELL) {
          doomed.add(push.number());
        }
      }
    }
    List<CompletableFuture<Void>> all = new ArrayList<>();
    pushes.forEach(queue -> all.add(push(line, queue)));
    for (int order = 0; order < ORDERS; order++) {
      all.add(publish("order-" + order, orders.get(order)));
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
  }

  /** One user's pushes, each after the end of the one before. */
  private CompletableFuture<Void> push(PushLine line, Queue<SimulatedPush> queue) {
    SimulatedPush next = queue.poll();
    if (next == null) {
      return CompletableFuture.completedFuture(null);
    }
    return line.push(next)
        .toCompletionStage()
        .toCompletableFuture()
        .thenComposeAsync(
            result -> {
              if (result.answered().accepted()) {
                answered(next.number());
              }
              return push(line, queue);
            });
  }

  /** One subject's messages, each after the answer to the one before. */
  private CompletableFuture<Void> publish(String subject, Queue<Long> queue) {
    Long next = queue.poll();
    if (next == null) {
      return CompletableFuture.completedFuture(null);
    }
    return hongyan
        .publish(Publish.of("app.orders", subject, Map.of("n", next)))
        .thenComposeAsync(
            published -> {
              answered(next);
              return publish(subject, queue);
            });
  }

  private void answered(long number) {
    accepted.add(number);
    onAccepted.accept(number);
  }

  // ---- what came of it ----

  /** Everything that came to the client, which is the whole log. */
  Set<Long> stored() {
    return client.taken();
  }

  Set<Long> storedAndDoomed() {
    return stored().stream().filter(doomed::contains).collect(Collectors.toSet());
  }

  Set<Long> storedAndWell() {
    return stored().stream().filter(n -> !doomed.contains(n)).collect(Collectors.toSet());
  }

  Set<Long> storedPushes() {
    return stored().stream().filter(TenantUnderFire::isPush).collect(Collectors.toSet());
  }

  @Override
  public void close() {
    if (hongyan != null) {
      hongyan.close();
    }
  }
}

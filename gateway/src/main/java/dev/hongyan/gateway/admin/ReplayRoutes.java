package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.consume.Ledger;
import dev.hongyan.router.consume.Replay;
import dev.hongyan.router.consume.Selection;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.topic.TopicPattern;
import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.routing.Routing;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Gives a stretch of the log to one consumer once more. */
final class ReplayRoutes {
  /** How far a dry run counts. */
  static final LogScan.Limits DRY_RUN = new LogScan.Limits(1_000_000, Duration.ofSeconds(10));

  private static final String ALL = AdminRoutes.PREFIX + "/tenants/{tenant}/replays";
  private static final Set<String> FIELDS =
      Set.of(
          "consumer",
          "fromSeq",
          "fromTime",
          "toSeq",
          "toTime",
          "topic",
          "subject",
          "ratePerSecond",
          "dryRun");
  private static final int RATE_MAX = 100_000;
  private static final int TEXT_MAX = 256;
  private static final int TOPIC_MAX = 512;

  private final AdminParts parts;

  private ReplayRoutes(AdminParts parts) {
    this.parts = parts;
  }

  static void add(Operations to, AdminParts parts) {
    ReplayRoutes routes = new ReplayRoutes(parts);
    to.post(
        ALL,
        Need.ADMIN,
        call -> {
          var unused = wish(call.body(), LedgerRoutes.routing(parts, call.tenant()));
        },
        routes::create);
    to.get(ALL, Need.GUEST, routes::list);
    to.get(ALL + "/{id}", Need.GUEST, routes::read);
    to.delete(ALL + "/{id}", Need.ADMIN, routes::cancel);
  }

  /** What was asked for; an end of the stretch is a place, a time or open. */
  private record Wish(
      String consumer,
      @Nullable Long fromSeq,
      @Nullable Instant fromTime,
      @Nullable Long toSeq,
      @Nullable Instant toTime,
      @Nullable String topic,
      @Nullable String subject,
      int perSecond,
      boolean dryRun) {}

  private Future<Answer> create(Call call) {
    String tenant = call.tenant();
    Routing routing = LedgerRoutes.routing(parts, tenant);
    Wish wish = wish(call.body(), routing);
    return parts
        .log()
        .head(tenant)
        .compose(
            head ->
                from(tenant, head, wish)
                    .compose(
                        from ->
                            to(tenant, head, wish)
                                .compose(to -> answer(tenant, routing, head, wish, from, to))));
  }

  private static Wish wish(JsonObject body, Routing routing) {
    Form form = new Form(body);
    form.only(FIELDS);
    String consumer = consumer(form, routing);
    Long fromSeq = form.number("fromSeq", 1, Long.MAX_VALUE);
    Instant fromTime = DeadLetterActions.moment(form, "fromTime");
    if ((body.getValue("fromSeq") == null) == (body.getValue("fromTime") == null)) {
      form.wrong("fromSeq", "or fromTime is required, and not both");
    }
    Long toSeq = form.number("toSeq", 1, Long.MAX_VALUE);
    Instant toTime = DeadLetterActions.moment(form, "toTime");
    if (body.getValue("toSeq") != null && body.getValue("toTime") != null) {
      form.wrong("toSeq", "does not go together with toTime");
    }
    if (fromSeq != null && toSeq != null && toSeq < fromSeq) {
      form.wrong("toSeq", "must not be before fromSeq");
    }
    if (fromTime != null && toTime != null && !toTime.isAfter(fromTime)) {
      form.wrong("toTime", "must be behind fromTime");
    }
    String topic = form.text("topic", TOPIC_MAX);
    String problem = topic == null ? null : TopicPattern.problemWith(topic);
    if (problem != null) {
      form.wrong("topic", problem);
    }
    String subject = form.text("subject", TEXT_MAX);
    Long rate = form.number("ratePerSecond", 1, RATE_MAX);
    boolean dryRun = form.flag("dryRun");
    form.check();
    return new Wish(
        consumer,
        fromSeq,
        fromTime,
        toSeq,
        toTime,
        topic,
        subject,
        rate == null ? 0 : rate.intValue(),
        dryRun);
  }

  /** The whole name, or the id of a destination or route where that is only one of the two. */
  private static String consumer(Form form, Routing routing) {
    String name = form.required("consumer", TEXT_MAX);
    Set<String> consumers = routing.consumers();
    if (name.isEmpty() || consumers.contains(name)) {
      return name;
    }
    List<String> meant =
        Stream.of(Routing.consumerOfDestination(name), Routing.consumerOfRoute(name))
            .filter(consumers::contains)
            .toList();
    if (meant.size() == 1) {
      return meant.get(0);
    }
    form.wrong(
        "consumer",
        meant.isEmpty()
            ? "names no route and no destination with topics"
            : "is a destination and a route: write " + String.join(" or ", meant));
    return name;
  }

  private Future<Long> from(String tenant, LogHead head, Wish wish) {
    Instant time = wish.fromTime();
    Long seq = wish.fromSeq();
    Future<Long> place =
        time != null
            ? parts.work().times().firstAt(tenant, head, time.toEpochMilli())
            : Future.succeededFuture(seq == null ? head.oldest() : seq);
    return place.map(from -> Math.max(from, head.oldest()));
  }

  /** A time is not included, a place is. */
  private Future<Long> to(String tenant, LogHead head, Wish wish) {
    Instant time = wish.toTime();
    Long seq = wish.toSeq();
    Future<Long> place =
        time != null
            ? parts.work().times().firstAt(tenant, head, time.toEpochMilli()).map(p -> p - 1)
            : Future.succeededFuture(seq == null ? head.seq() : seq);
    return place.map(to -> Math.min(to, head.seq()));
  }

  private Future<Answer> answer(
      String tenant, Routing routing, LogHead head, Wish wish, long from, long to) {
    if (wish.dryRun()) {
      return count(tenant, routing, head, wish, from, to);
    }
    if (from > to) {
      return Future.failedFuture(
          Call.invalid("fromSeq", "or fromTime begins a stretch without messages"));
    }
    Replay replay =
        new Replay(
            parts.newName().get(),
            wish.consumer(),
            head.epoch(),
            from,
            to,
            wish.topic(),
            wish.subject(),
            wish.perSecond(),
            parts.clock().wallMillis(),
            Replay.RUNNING,
            0,
            0);
    return parts.work().replays().start(tenant, replay).map(done -> Answer.created(json(replay)));
  }

  private Future<Answer> count(
      String tenant, Routing routing, LogHead head, Wish wish, long from, long to) {
    Selection all = parts.work().selections().of(routing, wish.consumer());
    if (all == null) {
      return Future.failedFuture(Problem.CONFLICT.because("The consumer went away meanwhile"));
    }
    Selection some = Replay.narrowed(all, wish.topic(), wish.subject());
    long[] count = {0};
    return LogScan.run(
            parts,
            tenant,
            head.epoch(),
            from,
            to,
            DRY_RUN,
            entry -> {
              count[0] += some.takes(entry) ? 1 : 0;
              return true;
            })
        .map(
            done ->
                Answer.ok(
                    new JsonObject()
                        .put("count", count[0])
                        .put("scanned", done.lookedAt())
                        .put("complete", done.complete())));
  }

  private Future<Answer> list(Call call) {
    return parts
        .work()
        .replays()
        .list(call.tenant())
        .compose(all -> asTheyStand(call.tenant(), all))
        .map(all -> Answer.page(call, all, ReplayRoutes::newestFirst, ReplayRoutes::json));
  }

  /** Grows from the newest to the oldest. */
  private static String newestFirst(Replay replay) {
    return String.format(
        Locale.ROOT, "%016x-%s", Long.MAX_VALUE - replay.createdAtMillis(), replay.id());
  }

  private Future<Answer> read(Call call) {
    return known(call).map(replay -> Answer.ok(json(replay)));
  }

  /** One that is over stays as it is. */
  private Future<Answer> cancel(Call call) {
    return known(call)
        .compose(
            r ->
                r.isRunning()
                    ? parts
                        .work()
                        .replays()
                        .end(call.tenant(), r.with(Replay.CANCELLED, r.delivered(), r.dead()))
                    : Future.succeededFuture())
        .map(Answer.NO_CONTENT);
  }

  /** Those that run with what the ledger says of them now. */
  private Future<List<Replay>> asTheyStand(String tenant, List<Replay> replays) {
    List<String> running = replays.stream().filter(Replay::isRunning).map(Replay::place).toList();
    if (running.isEmpty()) {
      return Future.succeededFuture(replays);
    }
    return parts
        .work()
        .consumers()
        .ledger(tenant, running)
        .map(
            found -> {
              Map<String, Ledger> ledgers = new HashMap<>();
              found.forEach(ledger -> ledgers.put(ledger.consumer(), ledger));
              return replays.stream()
                  .map(
                      r -> {
                        Ledger now = ledgers.get(r.place());
                        return now == null || !r.isRunning()
                            ? r
                            : r.with(r.state(), now.delivered(), now.dead());
                      })
                  .toList();
            });
  }

  private Future<Replay> known(Call call) {
    String tenant = call.tenant();
    return parts
        .work()
        .replays()
        .get(tenant, call.path("id"))
        .compose(
            replay ->
                replay == null
                    ? Future.failedFuture(Problem.NOT_FOUND.because("There is no such replay"))
                    : asTheyStand(tenant, List.of(replay)).map(all -> all.get(0)));
  }

  private static JsonObject json(Replay replay) {
    JsonObject json =
        new JsonObject()
            .put("id", replay.id())
            .put("consumer", replay.consumer())
            .put("state", replay.state())
            .put("from", replay.epoch() + ":" + replay.from())
            .put("to", replay.epoch() + ":" + replay.to());
    if (replay.topic() != null) {
      json.put("topic", replay.topic());
    }
    if (replay.subject() != null) {
      json.put("subject", replay.subject());
    }
    if (replay.perSecond() > 0) {
      json.put("ratePerSecond", replay.perSecond());
    }
    return json.put("createdAt", Instant.ofEpochMilli(replay.createdAtMillis()).toString())
        .put("delivered", replay.delivered())
        .put("dead", replay.dead());
  }
}

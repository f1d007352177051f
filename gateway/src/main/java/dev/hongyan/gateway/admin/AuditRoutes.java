package dev.hongyan.gateway.admin;

import dev.hongyan.tenant.audit.AuditEntry;
import dev.hongyan.tenant.audit.AuditFile;
import dev.hongyan.tenant.audit.AuditLog;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who did what: of a tenant for its admins, of the platform for the operator. */
final class AuditRoutes {
  private static final String TENANT = AdminRoutes.PREFIX + "/tenants/{tenant}/audit";
  private static final String PLATFORM = AdminRoutes.PREFIX + "/audit";

  /** Entries that one call looks at when it asks for a stretch of time. */
  private static final int LOOK_MAX = 10_000;

  private final AuditLog log;

  private AuditRoutes(AuditLog log) {
    this.log = log;
  }

  static void add(Operations to, AdminParts parts) {
    AuditRoutes routes =
        new AuditRoutes(new AuditLog(parts.store(), parts.sealer(), parts.clock()));
    to.get(TENANT, Need.ADMIN, routes::list);
    to.get(TENANT + "/verify", Need.ADMIN, routes::verify);
    to.stream(TENANT + "/export", Need.ADMIN, routes::export);
    to.get(PLATFORM, Need.OPERATOR, routes::list);
    to.get(PLATFORM + "/verify", Need.OPERATOR, routes::verify);
    to.stream(PLATFORM + "/export", Need.OPERATOR, routes::export);
  }

  private Future<Answer> list(Call call) {
    int limit = call.limit();
    long after = after(call);
    Instant from = time(call, "from");
    Instant to = time(call, "to");
    String scope = call.tenant();
    return log.settle(scope)
        .compose(settled -> gather(scope, after, limit, from, to, LOOK_MAX, new ArrayList<>()));
  }

  private Future<Answer> gather(
      String scope,
      long after,
      int limit,
      @Nullable Instant from,
      @Nullable Instant to,
      int look,
      List<JsonObject> items) {
    return log.page(scope, after, AuditLog.PAGE_MAX)
        .compose(
            page -> {
              long last = after;
              for (AuditEntry entry : page.entries()) {
                if (items.size() == limit) {
                  return Future.succeededFuture(Answer.list(items, Long.toString(last)));
                }
                last = entry.seq();
                JsonObject json = entry.toJson();
                Instant at = Instant.parse(json.getString("at"));
                if ((from == null || !at.isBefore(from)) && (to == null || at.isBefore(to))) {
                  items.add(json);
                }
              }
              if (page.entries().isEmpty() || last >= page.headSeq()) {
                return Future.succeededFuture(Answer.list(items, null));
              }
              int left = look - page.entries().size();
              return left <= 0
                  ? Future.succeededFuture(Answer.list(items, Long.toString(last)))
                  : gather(scope, last, limit, from, to, left, items);
            });
  }

  private Future<Answer> verify(Call call) {
    long after = after(call);
    int limit = call.limit();
    String scope = call.tenant();
    return log.settle(scope)
        .compose(settled -> log.verify(scope, after, limit))
        .map(AuditRoutes::verdict)
        .map(Answer::ok);
  }

  private static JsonObject verdict(AuditLog.Verdict verdict) {
    AuditLog.Break broken = verdict.broken();
    JsonObject json =
        new JsonObject()
            .put("ok", broken == null)
            .put("from", verdict.from())
            .put("entries", verdict.entries())
            .put(
                "head", new JsonObject().put("seq", verdict.headSeq()).put("hash", verdict.head()));
    if (broken != null) {
      json.put(
          "broken", new JsonObject().put("seq", broken.seq()).put("problem", broken.problem()));
    }
    return verdict.next() == 0 ? json : json.put("next", Long.toString(verdict.next()));
  }

  private Future<Void> export(Call call, Lines out) {
    String scope = call.tenant();
    return log.settle(scope)
        .compose(settled -> log.page(scope, 0, AuditLog.PAGE_MAX))
        .compose(
            first ->
                out.line(AuditFile.first(scope, first))
                    .compose(begun -> pages(scope, first, first.headSeq(), 0, out)));
  }

  /** Up to what was the head at the beginning, so that it ends. */
  private Future<Void> pages(String scope, AuditLog.Page page, long head, long written, Lines out) {
    Future<Void> done = Future.succeededFuture();
    long count = written;
    AuditEntry last = null;
    for (AuditEntry entry : page.entries()) {
      if (entry.seq() <= head) {
        done = done.compose(next -> out.line(entry.toLine()));
        last = entry;
        count++;
      }
    }
    AuditEntry end = last;
    long sum = count;
    if (end == null) {
      return done.compose(next -> out.line(AuditFile.last(sum, page.headSeq(), page.headHash())));
    }
    return end.seq() >= head
        ? done.compose(next -> out.line(AuditFile.last(sum, end.seq(), end.hash())))
        : done.compose(next -> log.page(scope, end.seq(), AuditLog.PAGE_MAX))
            .compose(next -> pages(scope, next, head, sum, out));
  }

  private static long after(Call call) {
    String text = call.query("after");
    try {
      long after = text == null ? 0 : Long.parseLong(text);
      if (after >= 0) {
        return after;
      }
    } catch (NumberFormatException notANumber) {
      // Told below.
    }
    throw Call.invalid("after", "must be a cursor of this list");
  }

  private static @Nullable Instant time(Call call, String field) {
    String text = call.query(field);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      throw Call.invalid(field, "must be a time such as 2026-01-31T00:00:00Z");
    }
  }
}

package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.router.log.LogHead;
import dev.hongyan.router.person.Eraser;
import dev.hongyan.tenant.Account;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantJson;
import dev.hongyan.tenant.audit.AuditEntry;
import dev.hongyan.tenant.audit.AuditLog;
import dev.hongyan.tenant.issuer.Issuer;
import dev.hongyan.tenant.issuer.IssuerJson;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.RoutingJson;
import dev.hongyan.tenant.store.Keys;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is kept for a tenant, or of it what names one person, as JSON lines. The log goes
 * up to where it was at the beginning; the rest is as it is when its turn comes. A page of each is
 * in memory at most.
 */
final class TenantExport {
  private static final int PAGE = 100;

  private final AdminParts parts;
  private final AuditLog audit;
  private final String tenant;
  private final @Nullable String person;
  private final Lines out;
  private long lines;

  TenantExport(AdminParts parts, String tenant, @Nullable String person, Lines out) {
    this.parts = parts;
    this.audit = new AuditLog(parts.store(), parts.sealer(), parts.clock());
    this.tenant = tenant;
    this.person = person;
    this.out = out;
  }

  Future<Void> write() {
    Tenant known = parts.tenants().directory().find(tenant);
    if (known == null) {
      return Future.failedFuture(Problem.NOT_FOUND.because("There is no such tenant"));
    }
    return parts
        .log()
        .head(tenant)
        .compose(
            head ->
                line(begin(head))
                    .compose(begun -> person == null ? configuration(known) : done())
                    .compose(said -> messages(head, head.oldest()))
                    .compose(said -> letters(null))
                    .compose(said -> delayed("0"))
                    .compose(said -> person == null ? state(known) : done())
                    .compose(said -> person == null ? audit(0) : done())
                    .compose(said -> end()));
  }

  private static Future<Void> done() {
    return Future.succeededFuture();
  }

  private Future<Void> line(JsonObject json) {
    lines++;
    return out.line(json.encode());
  }

  private JsonObject begin(LogHead head) {
    JsonObject json =
        new JsonObject()
            .put("kind", "begin")
            .put("tenant", tenant)
            .put("at", Instant.ofEpochMilli(parts.clock().wallMillis()).toString())
            .put("upTo", head.epoch() + ":" + head.seq());
    return person == null ? json : json.put("person", person);
  }

  /** Secrets are only named. */
  private Future<Void> configuration(Tenant known) {
    Future<Void> said = line(new JsonObject().put("kind", "tenant").mergeIn(TenantJson.of(known)));
    for (Account account :
        known.accounts().values().stream().sorted(Comparator.comparing(Account::id)).toList()) {
      said = then(said, () -> kind("account", "account", TenantJson.of(account)));
    }
    for (Destination destination : known.routing().destinations().values()) {
      said = then(said, () -> kind("destination", "destination", RoutingJson.of(destination)));
    }
    for (Route route : known.routing().routes().values()) {
      said = then(said, () -> kind("route", "route", RoutingJson.of(route)));
    }
    for (Issuer issuer : parts.tenants().access().find(tenant).issuers().values()) {
      said = then(said, () -> kind("issuer", "issuer", IssuerJson.open(issuer)));
    }
    for (String section : List.of("roles", "quotas")) {
      String text = known.sections().get(section);
      if (text != null) {
        said = then(said, () -> kind(section, section, new JsonObject(text)));
      }
    }
    return said.compose(next -> parts.keys().list(tenant))
        .compose(
            keys -> {
              Future<Void> each = done();
              for (var key : keys) {
                each = then(each, () -> kind("key", "key", key.toJson()));
              }
              return each;
            });
  }

  private static Future<Void> then(Future<Void> before, Supplier<Future<Void>> next) {
    return before.compose(done -> next.get());
  }

  private Future<Void> kind(String kind, String field, JsonObject what) {
    return line(new JsonObject().put("kind", kind).put(field, what));
  }

  private Future<Void> messages(LogHead head, long from) {
    if (from > head.seq()) {
      return done();
    }
    return parts
        .log()
        .read(tenant, head.epoch(), from, PAGE)
        .compose(
            page -> {
              Future<Void> said = done();
              long next = head.seq() + 1;
              for (LogEntry entry : page) {
                next = entry.seq() + 1;
                if (entry.seq() <= head.seq()
                    && isWanted(entry.header().subject(), entry.event())) {
                  said = then(said, () -> message(entry));
                }
              }
              long goOn = page.isEmpty() ? head.seq() + 1 : next;
              return said.compose(written -> messages(head, goOn));
            });
  }

  private boolean isWanted(@Nullable String subject, byte[] event) {
    return person == null
        || person.equals(subject)
        || Eraser.names(new String(event, StandardCharsets.UTF_8), person);
  }

  private Future<Void> message(LogEntry entry) {
    long id = entry.header().id();
    JsonObject known =
        new JsonObject().put("kind", "message").put("cursor", entry.epoch() + ":" + entry.seq());
    return withEvent(known, entry.event())
        .compose(said -> parts.work().trail().read(tenant, id))
        .compose(
            notes ->
                notes.isEmpty()
                    ? done()
                    : line(
                        new JsonObject()
                            .put("kind", "timeline")
                            .put("message", Long.toString(id))
                            .put("notes", notes)));
  }

  /** The event's bytes go out as they are. */
  private Future<Void> withEvent(JsonObject known, byte[] event) {
    lines++;
    String text = known.encode();
    return out.line(
        Buffer.buffer(text.length() + event.length + 12)
            .appendString(text.substring(0, text.length() - 1))
            .appendString(",\"event\":")
            .appendBytes(event)
            .appendByte((byte) '}')
            .getBytes());
  }

  private Future<Void> letters(@Nullable String before) {
    return parts
        .deadLetters()
        .list(tenant, DeadLetterStore.Filter.ALL, before, PAGE)
        .compose(
            page -> {
              Future<Void> said = done();
              for (DeadLetter letter : page.items()) {
                if (isWanted(letter.subject(), letter.event())) {
                  said = then(said, () -> letter(letter));
                }
              }
              String next = page.next();
              return next == null ? said : said.compose(written -> letters(next));
            });
  }

  private Future<Void> letter(DeadLetter letter) {
    return withEvent(
        new JsonObject()
            .put("kind", "deadLetter")
            .put("id", letter.id())
            .put("consumer", letter.consumer())
            .put("reason", letter.reason())
            .put("attempts", letter.attempts())
            .put("lastError", letter.lastError())
            .put("deadAt", Instant.ofEpochMilli(letter.deadAtMillis()).toString())
            .put("cursor", letter.place().toString()),
        letter.event());
  }

  /** Its store writes the length of the header, a colon, the header, the event. */
  private Future<Void> delayed(String cursor) {
    return parts
        .store()
        .send(
            Request.cmd(Command.HSCAN)
                .arg(Keys.of(tenant).task())
                .arg(cursor)
                .arg("COUNT")
                .arg(PAGE))
        .compose(
            page -> {
              Future<Void> said = done();
              if (page == null) {
                return said;
              }
              for (int i = 0; i + 1 < page.get(1).size(); i += 2) {
                String id = page.get(1).get(i).toString();
                byte[] value = page.get(1).get(i + 1).toBytes();
                said = then(said, () -> delayed(id, value));
              }
              String next = page.get(0).toString();
              return next.equals("0") ? said : said.compose(written -> delayed(next));
            });
  }

  private Future<Void> delayed(String id, byte[] value) {
    int colon = 0;
    int length = 0;
    while (colon < value.length && value[colon] != ':') {
      length = 10 * length + value[colon++] - '0';
    }
    int at = Math.min(value.length, colon + 1 + length);
    byte[] event = java.util.Arrays.copyOfRange(value, at, value.length);
    if (!isWanted(null, event)) {
      return done();
    }
    return parts
        .store()
        .send(Request.cmd(Command.ZSCORE).arg(Keys.of(tenant).due()).arg(id))
        .compose(
            due ->
                due == null // it went into the log meanwhile
                    ? done()
                    : withEvent(
                        new JsonObject()
                            .put("kind", "delayed")
                            .put(
                                "at",
                                Instant.ofEpochMilli((long) Double.parseDouble(due.toString()))
                                    .toString()),
                        event));
  }

  private Future<Void> state(Tenant known) {
    return parts
        .cursors()
        .list(tenant)
        .compose(
            all -> {
              Future<Void> said = done();
              for (var stored : all) {
                said =
                    then(
                        said,
                        () ->
                            line(
                                new JsonObject()
                                    .put("kind", "cursor")
                                    .put("name", stored.name())
                                    .put("mode", stored.mode())
                                    .put("cursor", stored.floor().toString())));
              }
              return said;
            })
        .compose(said -> parts.work().consumers().ledger(tenant, List.copyOf(known.consumers())))
        .compose(
            all -> {
              Future<Void> said = done();
              for (var ledger : all) {
                said = then(said, () -> kind("ledger", "ledger", LedgerRoutes.line(ledger)));
              }
              return said;
            });
  }

  private Future<Void> audit(long after) {
    return audit
        .page(tenant, after, PAGE)
        .compose(
            page -> {
              Future<Void> said = done();
              long last = after;
              for (AuditEntry entry : page.entries()) {
                last = entry.seq();
                lines++;
                said =
                    then(
                        said, () -> out.line("{\"kind\":\"audit\"," + entry.toLine().substring(1)));
              }
              long goOn = last;
              return page.entries().size() < PAGE ? said : said.compose(written -> audit(goOn));
            });
  }

  private Future<Void> end() {
    return out.line(
        new JsonObject()
            .put("kind", "end")
            .put("lines", lines)
            .put("sha256", out.sha256Hex())
            .encode());
  }
}

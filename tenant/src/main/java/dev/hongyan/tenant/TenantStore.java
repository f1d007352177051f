package dev.hongyan.tenant;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.routing.RoutingJson;
import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.store.Script;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tenants in Redis: one hash each ({@code version}, {@code source}, {@code tenant}, {@code
 * account:<id>}, {@code section:<name>}), a set of their names, and the order of their changes for
 * other processes to follow. Secrets and sections are sealed. Nothing is decided here.
 */
final class TenantStore {
  private static final Logger LOG = LoggerFactory.getLogger(TenantStore.class);

  /** Tenants per pipeline: decoding that many takes a few milliseconds of the event loop. */
  private static final int CHUNK = 250;

  private static final String SECTION = "section:";
  private static final String DESTINATIONS = "destinations";
  private static final String ROUTES = "routes";

  /** Any version will do. */
  static final long ANY = -1;

  /** There must be none yet. */
  static final long NEW = 0;

  // The version is the server's clock in microseconds, or one more: it also grows across a delete
  // and a new tenant of the same name, so an old snapshot never wins. Micros fit a double until
  // 2255.
  private static final Script WRITE =
      Script.of(
          "tenant-write",
          """
          local have = redis.call('HGET', KEYS[1], 'version')
          local want = ARGV[1]
          if want == '0' and have then return 'exists' end
          if want ~= '0' and want ~= '-1' then
            if not have then return 'missing' end
            if have ~= want then return 'changed' end
          end
          local now = redis.call('TIME')
          local version = now[1] * 1000000 + now[2]
          if have and version <= tonumber(have) then version = have + 1 end
          version = string.format('%.0f', version)
          redis.call('DEL', KEYS[1])
          for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
          redis.call('HSET', KEYS[1], 'version', version)
          return version
          """);

  private static final Script REMOVE =
      Script.of(
          "tenant-remove",
          """
          if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
          return redis.call('UNLINK', KEYS[1])
          """);

  // Changes of tenants that are long gone are forgotten from the old end; a follower that missed
  // them reconciles with the names.
  private static final Script ANNOUNCE =
      Script.of(
          "tenant-announce",
          """
          local at = redis.call('INCR', KEYS[1])
          for i = 1, #ARGV do redis.call('ZADD', KEYS[2], at, ARGV[i]) end
          local many = redis.call('ZCARD', KEYS[2])
          local max = 2 * redis.call('ZCARD', KEYS[3]) + 10000
          if many > max then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, many - max - 1) end
          return at
          """);

  // The key says which node of a cluster to ask, and that the tenant was not made anew meanwhile.
  private static final Script SWEEP =
      Script.of(
          "tenant-sweep",
          """
          if redis.call('EXISTS', KEYS[1]) == 1 then return '0' end
          local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 1000)
          for i = 1, #page[2] do redis.call('UNLINK', page[2][i]) end
          return page[1]
          """);

  private static final Script GONE =
      Script.of(
          "tenant-gone",
          """
          local now = redis.call('TIME')
          redis.call('ZADD', KEYS[1], now[1] * 1000 + 2000, '1:' .. ARGV[1])
          return 1
          """);

  // Gives the next that is due; its later turns are the delays in ARGV.
  private static final Script GONE_DUE =
      Script.of(
          "tenant-gone-due",
          """
          local time = redis.call('TIME')
          local now = time[1] * 1000
          local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
          if not due then return false end
          redis.call('ZREM', KEYS[1], due)
          local turn, id = string.match(due, '^(%d+):(.+)$')
          local delay = ARGV[tonumber(turn)]
          if delay then redis.call('ZADD', KEYS[1], now + delay, (turn + 1) .. ':' .. id) end
          return id
          """);

  private static final Script GONE_TAKE =
      Script.of(
          "tenant-gone-take",
          """
          local was = 0
          for turn = 1, 9 do was = was + redis.call('ZREM', KEYS[1], turn .. ':' .. ARGV[1]) end
          return was
          """);

  private static final List<String> ANNOUNCE_KEYS =
      List.of(Keys.TENANT_VERSION, Keys.TENANT_CHANGES, Keys.TENANTS);

  private final RedisLink link;
  private final Sealer sealer;

  TenantStore(RedisLink link, Sealer sealer) {
    this.link = link;
    this.sealer = sealer;
  }

  /** The tenant, or null. */
  Future<@Nullable Tenant> read(String id) {
    return link.send(Request.cmd(Command.HGETALL).arg(config(id))).map(r -> decode(id, r));
  }

  /**
   * Writes the whole tenant when the stored one has version {@code expected} (or {@link #NEW},
   * {@link #ANY}); fails with CONFLICT or NO_SUCH_TENANT otherwise. Does not announce it.
   */
  Future<Tenant> write(Tenant tenant, long expected) {
    return link.send(names(List.of(tenant))).compose(ok -> put(tenant, expected));
  }

  /** Writes many tenants whatever is there, and announces them. */
  Future<List<Tenant>> writeAll(List<Tenant> tenants) {
    List<Tenant> written = new ArrayList<>(tenants.size());
    Future<Void> before = Future.succeededFuture();
    for (int i = 0; i < tenants.size(); i += CHUNK) {
      List<Tenant> chunk = tenants.subList(i, Math.min(tenants.size(), i + CHUNK));
      before =
          before
              .compose(done -> writeChunk(chunk))
              .<Void>map(
                  some -> {
                    written.addAll(some);
                    return null;
                  });
    }
    return before.map(done -> written);
  }

  private Future<List<Tenant>> writeChunk(List<Tenant> chunk) {
    return link.send(names(chunk))
        .compose(ok -> Future.join(chunk.stream().map(t -> put(t, ANY)).toList()))
        .compose(
            all -> {
              List<Tenant> some = all.list();
              return announce(some.stream().map(Tenant::id).toList()).map(some);
            });
  }

  private static Request names(List<Tenant> tenants) {
    Request request = Request.cmd(Command.ZADD).arg(Keys.TENANTS);
    tenants.forEach(t -> request.arg(0).arg(t.id()));
    return request;
  }

  private Future<Tenant> put(Tenant tenant, long expected) {
    List<Object> args = new ArrayList<>();
    args.add(expected);
    encode(tenant)
        .forEach(
            (field, value) -> {
              args.add(field);
              args.add(value);
            });
    return link.eval(WRITE, List.of(config(tenant.id())), args.toArray())
        .compose(
            answer ->
                switch (String.valueOf(answer)) {
                  case "exists" ->
                      Future.failedFuture(Problem.CONFLICT.because("This tenant exists already"));
                  case "changed" ->
                      Future.failedFuture(
                          Problem.CONFLICT.because("This tenant was changed meanwhile"));
                  case "missing" ->
                      Future.failedFuture(Problem.NOT_FOUND.because("There is no such tenant"));
                  default ->
                      Future.succeededFuture(
                          tenant.withVersion(Long.parseLong(String.valueOf(answer))));
                });
  }

  /** Tells the other processes that these have changed, been made or gone. */
  Future<Void> announce(List<String> ids) {
    return link.eval(ANNOUNCE, ANNOUNCE_KEYS, ids.toArray()).mapEmpty();
  }

  /**
   * Deletes a tenant with everything that is kept for it: first its configuration, so that nobody
   * serves it any more, then all its keys, then its name. After a failure it can be called again.
   *
   * <p>What was on its way to the store then may still be written after it: {@link #sweepAgain}
   * finds that.
   */
  Future<Void> delete(String id) {
    return link.send(Request.cmd(Command.UNLINK).arg(config(id))).compose(gone -> forgotten(id));
  }

  /** The same for that version only; fails with CONFLICT when it is another. */
  Future<Void> delete(String id, long version) {
    return link.eval(REMOVE, List.of(config(id)), Long.toString(version))
        .compose(
            gone ->
                String.valueOf(gone).equals("1")
                    ? forgotten(id)
                    : Future.failedFuture(
                        Problem.CONFLICT.because("The tenant was changed meanwhile")));
  }

  private Future<Void> forgotten(String id) {
    return announce(List.of(id))
        .compose(told -> link.eval(GONE, List.of(Keys.TENANTS_GONE), id))
        .compose(noted -> sweep(Keys.of(id), "0"))
        .compose(swept -> link.send(Request.cmd(Command.ZREM).arg(Keys.TENANTS).arg(id)))
        .mapEmpty();
  }

  /**
   * Looks again for what was written for tenants after they were deleted: 2 s, 10 s, a minute and
   * ten minutes later. To be called every second or so, on any node.
   */
  Future<Void> sweepAgain() {
    return link.eval(GONE_DUE, List.of(Keys.TENANTS_GONE), "10000", "60000", "600000")
        .compose(
            id ->
                id == null
                    ? Future.succeededFuture()
                    : sweep(Keys.of(id.toString()), "0").compose(swept -> sweepAgain()));
  }

  /** Makes sure that nothing is left of former tenants of these names, before they are made. */
  Future<Void> clear(List<String> ids) {
    return link.send(Request.cmd(Command.ZCARD).arg(Keys.TENANTS_GONE))
        .compose(
            many -> {
              Future<Void> done = Future.succeededFuture();
              if (many != null && many.toLong() > 0) {
                for (String id : ids) {
                  done = done.compose(next -> clear(id));
                }
              }
              return done;
            });
  }

  private Future<Void> clear(String id) {
    return link.eval(GONE_TAKE, List.of(Keys.TENANTS_GONE), id)
        .compose(
            was ->
                was != null && was.toLong() > 0
                    ? sweep(Keys.of(id), "0")
                    : Future.succeededFuture());
  }

  private Future<Void> sweep(Keys keys, String cursor) {
    return link.eval(SWEEP, List.of(keys.config("tenant")), cursor, keys.pattern())
        .compose(
            next ->
                String.valueOf(next).equals("0")
                    ? Future.succeededFuture()
                    : sweep(keys, String.valueOf(next)));
  }

  /** Up to {@code limit} names after {@code after}, in order. */
  Future<List<String>> names(@Nullable String after, int limit) {
    return link.send(
            Request.cmd(Command.ZRANGEBYLEX)
                .arg(Keys.TENANTS)
                .arg(after == null ? "-" : "(" + after)
                .arg("+")
                .arg("LIMIT")
                .arg(0)
                .arg(limit))
        .map(TenantStore::texts);
  }

  /** The tenants behind these names; those that are gone are left out. */
  Future<List<Tenant>> readAll(List<String> ids) {
    List<Request> requests = new ArrayList<>(ids.size());
    for (String id : ids) {
      requests.add(Request.cmd(Command.HGETALL).arg(config(id)));
    }
    return link.batch(requests)
        .map(
            answers -> {
              List<Tenant> found = new ArrayList<>(answers.size());
              for (int i = 0; i < answers.size(); i++) {
                Tenant tenant = decode(ids.get(i), answers.get(i));
                if (tenant != null) {
                  found.add(tenant);
                }
              }
              return found;
            });
  }

  /** Hands over all tenants, pipeline by pipeline. */
  Future<Void> each(Consumer<Tenant> to) {
    return each(null, to);
  }

  private Future<Void> each(@Nullable String after, Consumer<Tenant> to) {
    return names(after, CHUNK)
        .compose(
            ids ->
                readAll(ids)
                    .compose(
                        tenants -> {
                          tenants.forEach(to);
                          return ids.size() < CHUNK
                              ? Future.succeededFuture()
                              : each(ids.get(ids.size() - 1), to);
                        }));
  }

  /**
   * What has changed since {@code since}.
   *
   * @param upTo where to go on next time
   * @param ids those that were touched, at most 1,000 (then ask again)
   */
  record Changes(long upTo, List<String> ids) {}

  Future<Changes> changes(long since) {
    return link.batch(
            List.of(
                Request.cmd(Command.GET).arg(Keys.TENANT_VERSION),
                Request.cmd(Command.ZRANGEBYSCORE)
                    .arg(Keys.TENANT_CHANGES)
                    .arg("(" + since)
                    .arg("+inf")
                    .arg("WITHSCORES")
                    .arg("LIMIT")
                    .arg(0)
                    .arg(1000)))
        .map(
            answers -> {
              Response version = answers.get(0);
              List<String> flat = texts(answers.get(1));
              List<String> ids = new ArrayList<>(flat.size() / 2);
              long last = version == null ? 0 : version.toLong();
              for (int i = 0; i + 1 < flat.size(); i += 2) {
                ids.add(flat.get(i));
              }
              if (ids.size() == 1000) {
                // The last number may be cut in the middle: take it again next time.
                last =
                    Math.max(since + 1, (long) Double.parseDouble(flat.get(flat.size() - 1)) - 1);
              }
              return new Changes(last, ids);
            });
  }

  private static List<String> texts(@Nullable Response response) {
    List<String> texts = new ArrayList<>();
    if (response != null) {
      response.forEach(r -> texts.add(r.toString()));
    }
    return texts;
  }

  private static String config(String id) {
    return Keys.of(id).config("tenant");
  }

  private Map<String, String> encode(Tenant tenant) {
    Map<String, String> fields = new HashMap<>();
    fields.put("source", tenant.source().name());
    fields.put("hash", tenant.contentHash());
    fields.put("tenant", TenantJson.own(tenant).encode());
    for (Account account : tenant.accounts().values()) {
      JsonObject json = TenantJson.open(account);
      json.put(
          "sealed",
          sealer.seal(
              SealContext.account(tenant.id(), account.id()), TenantJson.sealed(account).encode()));
      fields.put("account:" + account.id(), json.encode());
    }
    tenant.sections().forEach((name, text) -> fields.put(SECTION + name, seal(tenant, name, text)));
    if (!tenant.routing().destinations().isEmpty()) {
      String text = RoutingJson.storedDestinations(tenant.routing());
      fields.put(SECTION + DESTINATIONS, seal(tenant, DESTINATIONS, text));
    }
    if (!tenant.routing().routes().isEmpty()) {
      String text = RoutingJson.storedRoutes(tenant.routing());
      fields.put(SECTION + ROUTES, seal(tenant, ROUTES, text));
    }
    return fields;
  }

  private String seal(Tenant tenant, String section, String text) {
    return sealer.seal(SealContext.section(tenant.id(), section), text);
  }

  private @Nullable Tenant decode(String id, @Nullable Response response) {
    if (response == null || response.size() == 0) {
      return null;
    }
    try {
      return decode(id, texts(response));
    } catch (RuntimeException e) {
      // One that cannot be read (another master key, say) must not take the others away.
      LOG.error("Tenant {} cannot be read from the store: {}", id, e.getMessage());
      return null;
    }
  }

  private Tenant decode(String id, List<String> flat) {
    JsonObject own = new JsonObject();
    Tenant.Source source = Tenant.Source.API;
    String hash = "";
    long version = 0;
    Map<String, Account> accounts = new HashMap<>();
    Map<String, String> sections = new HashMap<>();
    for (int i = 0; i + 1 < flat.size(); i += 2) {
      String field = flat.get(i);
      String value = flat.get(i + 1);
      if (field.startsWith("account:")) {
        JsonObject open = new JsonObject(value);
        String account = open.getString("id");
        String sealed =
            sealer.open(SealContext.account(id, account), open.getString("sealed")).reveal();
        accounts.put(account, TenantJson.stored(open, new JsonObject(sealed)));
      } else if (field.startsWith(SECTION)) {
        String name = field.substring(SECTION.length());
        sections.put(name, sealer.open(SealContext.section(id, name), value).reveal());
      } else {
        switch (field) {
          case "version" -> version = Long.parseLong(value);
          case "source" -> source = Tenant.Source.valueOf(value);
          case "hash" -> hash = value;
          case "tenant" -> own = new JsonObject(value);
          default -> LOG.debug("Tenant {} has the unknown field {}", id, field);
        }
      }
    }
    Tenant read = TenantJson.tenant(own, source);
    return new Tenant(
        id,
        read.name(),
        read.priority(),
        read.retention(),
        read.lifetimes(),
        read.suspended(),
        accounts,
        RoutingJson.stored(sections.remove(DESTINATIONS), sections.remove(ROUTES)),
        sections,
        source,
        version,
        hash);
  }
}

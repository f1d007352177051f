package dev.hongyan.tenant;

import static java.util.Objects.requireNonNull;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.audit.AuditDraft;
import dev.hongyan.tenant.audit.AuditLog;
import dev.hongyan.tenant.quota.QuotaJson;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Creates, changes and deletes tenants and their accounts, for the admin API and the folder. Bodies
 * are those of the admin API. A change is durable and in the {@link TenantDirectory} of this
 * process before its Future completes; other processes see it within a second.
 *
 * <p>Fails with VALIDATION (all bad fields at once), CONFLICT, NOT_FOUND or STORE_UNAVAILABLE. Two
 * changes of one tenant at the same moment both happen, one after the other.
 */
public final class TenantService {
  private static final int LIST_MAX = 500;
  private static final int TRIES = 8;

  private final TenantStore store;
  private final TenantDirectory directory;
  private final TenantFollower follower;
  private final Consumers consumers;
  private final RoutingService routing;
  private final AccessService access;
  private final RoutingRules rules;
  private final AuditLog audit;

  /**
   * @param link of the context that this service lives on
   * @param timers of the same context
   * @param rules what only others can check about routes
   * @param places told which consumers come and go
   */
  public TenantService(
      RedisLink link,
      Sealer sealer,
      TenantDirectory directory,
      Timers timers,
      Clock clock,
      RoutingRules rules,
      ConsumerPlaces places) {
    this.store = new TenantStore(link, sealer);
    this.directory = directory;
    this.follower = new TenantFollower(store, directory, timers);
    this.consumers = new Consumers(places);
    this.rules = rules;
    this.audit = new AuditLog(link, sealer, clock);
    this.routing = new RoutingService(this, rules, clock, new SecureRandom());
    this.access = new AccessService(this);
  }

  /**
   * A piece of a list.
   *
   * @param next where the next piece begins, as {@code after}; null at the end
   */
  public record Page<T>(List<T> items, @Nullable String next) {
    public Page {
      items = List.copyOf(items);
    }
  }

  /** Loads all tenants into the directory and follows changes from then on. */
  public Future<Void> start() {
    return follower.start();
  }

  /** Stops following. */
  public void stop() {
    follower.stop();
  }

  /**
   * Where it is kept who did what. What files of the folder and the platform itself change is noted
   * here; what a request changes is noted by who takes requests.
   */
  public AuditLog audit() {
    return audit;
  }

  /** Its destinations and routes. */
  public RoutingService routing() {
    return routing;
  }

  /** Its issuers, and what it has made of its roles. */
  public AccessService access() {
    return access;
  }

  public Future<Tenant> create(JsonObject body) {
    return checked(() -> withPatterns(TenantJson.tenant(body, Tenant.Source.API)))
        .compose(tenant -> store.clear(List.of(tenant.id())).map(tenant))
        .compose(tenant -> store.write(tenant, TenantStore.NEW))
        .compose(this::made);
  }

  /** Throws VALIDATION when no tenant can be made of this. */
  public void check(JsonObject body) {
    Tenant unused = withPatterns(TenantJson.tenant(body, Tenant.Source.API));
  }

  /** Throws VALIDATION when no account can be made of this. */
  public void checkAccount(JsonObject body) {
    Account unused = TenantJson.account(body);
  }

  /**
   * Tenants in the order of their ids.
   *
   * @param after the {@link Page#next} of the page before; null begins
   * @param limit at most 500 count
   */
  public Future<Page<Tenant>> list(@Nullable String after, int limit) {
    int size = Math.max(1, Math.min(limit, LIST_MAX));
    if (after != null && !Keys.isId(after)) {
      return Future.failedFuture(Problem.BAD_REQUEST.because("That is no cursor of this list"));
    }
    return store
        .names(after, size + 1)
        .compose(
            ids -> {
              boolean more = ids.size() > size;
              List<String> these = more ? ids.subList(0, size) : ids;
              String next = more ? these.get(size - 1) : null;
              return store.readAll(these).map(tenants -> new Page<>(tenants, next));
            });
  }

  public Future<Tenant> read(String id) {
    return Keys.isId(id)
        ? store.read(id).compose(t -> t == null ? missing() : Future.succeededFuture(t))
        : missing();
  }

  /** Throws VALIDATION when a pattern is none. */
  private Tenant withPatterns(Tenant tenant) {
    List<FieldError> errors = new ArrayList<>();
    for (int i = 0; i < tenant.lifetimes().size(); i++) {
      String problem = rules.problemWithPattern(tenant.lifetimes().get(i).match());
      if (problem != null) {
        errors.add(new FieldError("ttl[" + i + "].match", problem));
      }
    }
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Problem.VALIDATION, errors.size() + " fields are not valid", errors);
    }
    return tenant;
  }

  /** Changes a tenant by JSON merge patch (RFC 7396). The id stays. */
  public Future<Tenant> patch(String id, JsonObject patch) {
    return patch(id, patch, Precondition.NONE);
  }

  /** The same, if the tenant is as it should be. */
  public Future<Tenant> patch(String id, JsonObject patch, Precondition when) {
    return change(
        id,
        tenant -> {
          when.check(TenantJson.of(tenant));
          JsonObject merged = MergePatch.apply(TenantJson.own(tenant), patch);
          sameId(id, merged);
          Tenant read = withPatterns(TenantJson.tenant(merged, tenant.source()));
          return new Tenant(
              id,
              read.name(),
              read.priority(),
              read.retention(),
              read.lifetimes(),
              read.suspended(),
              tenant.accounts(),
              tenant.routing(),
              sections(tenant, read.frozen()),
              tenant.source(),
              tenant.version(),
              tenant.contentHash());
        });
  }

  private static Map<String, String> sections(Tenant tenant, boolean frozen) {
    Map<String, String> sections = new HashMap<>(tenant.sections());
    if (frozen) {
      sections.put(Tenant.FROZEN, "{}");
    } else {
      sections.remove(Tenant.FROZEN);
    }
    return sections;
  }

  /**
   * Replaces what the tenant may use; counts on this node at once, on the others within a second.
   *
   * @param body as {@link QuotaJson} has it
   */
  public Future<Tenant> putQuota(String id, JsonObject body) {
    return checked(() -> QuotaJson.read(body))
        .compose(
            quota -> change(id, t -> t.withSection(Tenant.QUOTAS, QuotaJson.of(quota).encode())));
  }

  /** Deletes a tenant with everything that is kept for it: log, cursors, tokens, all. */
  public Future<Void> delete(String id) {
    return read(id)
        .compose(
            tenant -> store.delete(id).onSuccess(done -> directory.remove(id, tenant.version())));
  }

  /** The same, if the tenant is as it should be. */
  public Future<Void> delete(String id, Precondition when) {
    return when == Precondition.NONE ? delete(id) : delete(id, when, TRIES);
  }

  private Future<Void> delete(String id, Precondition when, int tries) {
    return read(id)
        .compose(
            tenant -> {
              when.check(TenantJson.of(tenant));
              return store
                  .delete(id, tenant.version())
                  .onSuccess(done -> directory.remove(id, tenant.version()));
            })
        .recover(
            failure ->
                tries > 1 && ProblemException.of(failure) == Problem.CONFLICT
                    ? delete(id, when, tries - 1)
                    : Future.failedFuture(failure));
  }

  public Future<Account> createAccount(String tenant, JsonObject body) {
    return checked(() -> TenantJson.account(body))
        .compose(
            account ->
                change(
                        tenant,
                        t -> {
                          Map<String, Account> accounts = new HashMap<>(t.accounts());
                          if (accounts.putIfAbsent(account.id(), account) != null) {
                            throw Problem.CONFLICT.because("This account exists already");
                          }
                          return t.withAccounts(accounts);
                        })
                    .map(account));
  }

  /** Accounts in the order of their ids. */
  public Future<Page<Account>> listAccounts(String tenant, @Nullable String after, int limit) {
    return read(tenant).map(t -> page(t.accounts(), after, limit));
  }

  public Future<Account> readAccount(String tenant, String account) {
    return read(tenant).map(t -> existing(t, account));
  }

  /**
   * Changes an account by JSON merge patch. A new {@code token} or {@code encodingAesKey} keeps the
   * former as the previous one, so that pushes on their way are still understood; {@code
   * "previousToken": null} forgets it.
   */
  public Future<Account> patchAccount(String tenant, String account, JsonObject patch) {
    return patchAccount(tenant, account, patch, Precondition.NONE);
  }

  /** The same, if the account is as it should be. */
  public Future<Account> patchAccount(
      String tenant, String account, JsonObject patch, Precondition when) {
    return change(
            tenant,
            t -> {
              Account before = existing(t, account);
              when.check(TenantJson.of(before));
              JsonObject whole = TenantJson.open(before).mergeIn(TenantJson.sealed(before));
              JsonObject merged = MergePatch.apply(whole, patch);
              sameId(account, merged);
              keepPrevious(whole, merged, patch, "token", "previousToken");
              keepPrevious(whole, merged, patch, "encodingAesKey", "previousEncodingAesKey");
              Map<String, Account> accounts = new HashMap<>(t.accounts());
              accounts.put(account, TenantJson.account(merged));
              return t.withAccounts(accounts);
            })
        .map(t -> existing(t, account));
  }

  public Future<Void> deleteAccount(String tenant, String account) {
    return deleteAccount(tenant, account, Precondition.NONE);
  }

  /** The same, if the account is as it should be. */
  public Future<Void> deleteAccount(String tenant, String account, Precondition when) {
    return change(
            tenant,
            t -> {
              when.check(TenantJson.of(existing(t, account)));
              Map<String, Account> accounts = new HashMap<>(t.accounts());
              accounts.remove(account);
              return t.withAccounts(accounts);
            })
        .mapEmpty();
  }

  /**
   * Gives the tenant the consumer that carries its sends out, unless it has it; to be done before a
   * send is appended to its log, so that the consumer sees it.
   */
  public Future<Void> beginSends(String tenant) {
    Tenant known = directory.find(tenant);
    return known != null && known.sends()
        ? Future.succeededFuture()
        : change(tenant, Tenant::withSends).mapEmpty();
  }

  /** Writes tenants of the folder whatever is there, many at once. Returns how many. */
  public Future<Integer> putAll(List<Tenant> tenants) {
    List<Consumers.Change> changes = new ArrayList<>();
    for (Tenant tenant : tenants) {
      Tenant there = directory.find(tenant.id());
      // A file says nothing of sends, and those under way go on.
      Tenant after = there != null && there.sends() ? tenant.withSends() : tenant;
      changes.add(new Consumers.Change(there, after));
    }
    List<String> fresh =
        changes.stream()
            .filter(change -> change.before() == null)
            .map(change -> change.after().id())
            .toList();
    return store
        .clear(fresh)
        .compose(cleared -> consumers.come(changes))
        .compose(begun -> store.writeAll(changes.stream().map(Consumers.Change::after).toList()))
        .compose(
            written -> {
              written.forEach(directory::put);
              note(changes);
              return consumers.go(changes).map(written.size());
            });
  }

  /** One after the other: a large folder must not take the store for itself. */
  private void note(List<Consumers.Change> changes) {
    Future<Void> done = Future.succeededFuture();
    for (Consumers.Change change : changes) {
      String id = change.after().id();
      AuditDraft draft =
          AuditDraft.inside(AuditDraft.FOLDER, "tenant.write", new JsonObject().put("tenant", id));
      done =
          done.compose(
                  next ->
                      audit.record(
                          id,
                          draft,
                          AuditLog.DONE,
                          TenantChanges.between(change.before(), change.after())))
              .otherwiseEmpty();
    }
  }

  /** Deletes a tenant because its file is gone. */
  public Future<Void> prune(String id) {
    AuditDraft draft =
        AuditDraft.inside(AuditDraft.FOLDER, "tenant.delete", new JsonObject().put("tenant", id));
    return audit
        .begin(AuditLog.PLATFORM, draft)
        .compose(
            open ->
                delete(id)
                    .onComplete(
                        done -> {
                          var unused =
                              audit.finish(
                                  open,
                                  done.succeeded()
                                      ? AuditLog.DONE
                                      : ProblemException.of(done.cause()).code(),
                                  new JsonArray(),
                                  new JsonObject());
                        }));
  }

  public TenantDirectory directory() {
    return directory;
  }

  /** Changes a tenant; {@code to} is asked again when another change came between. */
  Future<Tenant> change(String id, UnaryOperator<Tenant> to) {
    return change(id, to, TRIES);
  }

  private Future<Tenant> change(String id, UnaryOperator<Tenant> to, int tries) {
    return read(id)
        .compose(
            before -> {
              Tenant after = to.apply(before);
              return after == before
                  ? Future.succeededFuture(before)
                  : write(before, after)
                      .recover(
                          failure ->
                              tries > 1 && ProblemException.of(failure) == Problem.CONFLICT
                                  ? change(id, to, tries - 1)
                                  : Future.failedFuture(failure));
            });
  }

  private Future<Tenant> write(Tenant before, Tenant after) {
    List<Consumers.Change> change = List.of(new Consumers.Change(before, after));
    return consumers
        .come(change)
        .compose(begun -> store.write(after, before.version()))
        .compose(this::made)
        .compose(made -> consumers.go(change).map(made));
  }

  /** A piece of a map, in the order of its ids. */
  static <T> Page<T> page(Map<String, T> all, @Nullable String after, int limit) {
    int size = Math.max(1, Math.min(limit, LIST_MAX));
    List<String> rest =
        all.keySet().stream()
            .filter(id -> after == null || id.compareTo(after) > 0)
            .sorted()
            .limit(size + 1L)
            .toList();
    boolean more = rest.size() > size;
    List<String> these = more ? rest.subList(0, size) : rest;
    List<T> items = new ArrayList<>(these.size());
    these.forEach(id -> items.add(requireNonNull(all.get(id))));
    return new Page<>(items, more ? these.get(size - 1) : null);
  }

  private Future<Tenant> made(Tenant tenant) {
    directory.put(tenant);
    return store.announce(List.of(tenant.id())).map(tenant);
  }

  private static void keepPrevious(
      JsonObject before, JsonObject after, JsonObject patch, String field, String previous) {
    String old = before.getString(field);
    if (old != null
        && after.getValue(field) != null
        && !old.equals(after.getValue(field))
        && !patch.containsKey(previous)) {
      after.put(previous, old);
    }
  }

  static void sameId(String id, JsonObject merged) {
    if (!id.equals(merged.getValue("id"))) {
      throw new ProblemException(
          Problem.VALIDATION,
          "One field is not valid",
          List.of(new FieldError("id", "cannot be changed")));
    }
  }

  private static Account existing(Tenant tenant, String account) {
    Account found = tenant.account(account);
    if (found == null) {
      throw Problem.NOT_FOUND.because("There is no such account");
    }
    return found;
  }

  private static <T> Future<T> missing() {
    return Future.failedFuture(Problem.NOT_FOUND.because("There is no such tenant"));
  }

  static <T> Future<T> checked(Supplier<T> read) {
    try {
      return Future.succeededFuture(read.get());
    } catch (ProblemException e) {
      return Future.failedFuture(e);
    }
  }
}

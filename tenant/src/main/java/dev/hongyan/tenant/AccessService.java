package dev.hongyan.tenant;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.tenant.TenantService.Page;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.access.RoleBook;
import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.issuer.Issuer;
import dev.hongyan.tenant.issuer.IssuerJson;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The issuers and roles of tenants: parts of their configuration, so a change is durable and in
 * this process before its Future completes, and in all others within a second. Reading is for any
 * thread and costs a look-up.
 *
 * <p>Fails with VALIDATION (all bad fields at once), CONFLICT, NOT_FOUND or STORE_UNAVAILABLE.
 */
public final class AccessService {
  static final String ISSUERS = "issuers";
  static final String ROLES = "roles";
  private static final Logger LOG = LoggerFactory.getLogger(AccessService.class);

  private final TenantService tenants;
  private final Map<String, Read> read = new ConcurrentHashMap<>();

  /** What was read from which texts. */
  private record Read(@Nullable String roles, @Nullable String issuers, AccessRules rules) {
    @SuppressWarnings({"ReferenceEquality", "StringEquality"}) // to compare no text at each call
    boolean isOf(@Nullable String rolesNow, @Nullable String issuersNow) {
      return roles == rolesNow && issuers == issuersNow;
    }

    boolean saysTheSame(@Nullable String rolesNow, @Nullable String issuersNow) {
      return Objects.equals(roles, rolesNow) && Objects.equals(issuers, issuersNow);
    }
  }

  AccessService(TenantService tenants) {
    this.tenants = tenants;
    tenants
        .directory()
        .onChange(
            change -> {
              if (change.isRemoved()) {
                read.remove(change.tenant());
              }
            });
  }

  /** What holds for a tenant now; the default when there is no such tenant. */
  public AccessRules find(String tenant) {
    Tenant found = tenants.directory().find(tenant);
    return found == null ? AccessRules.DEFAULT : rules(found);
  }

  private AccessRules rules(Tenant tenant) {
    String roles = tenant.sections().get(ROLES);
    String issuers = tenant.sections().get(ISSUERS);
    if (roles == null && issuers == null) {
      return AccessRules.DEFAULT;
    }
    Read known = read.get(tenant.id());
    if (known == null || !known.isOf(roles, issuers)) {
      boolean same = known != null && known.saysTheSame(roles, issuers);
      known = new Read(roles, issuers, same && known != null ? known.rules() : parsed(tenant));
      read.put(tenant.id(), known);
    }
    return known.rules();
  }

  private static AccessRules parsed(Tenant tenant) {
    try {
      return parse(tenant);
    } catch (RuntimeException e) {
      // What cannot be read lets nobody in.
      LOG.atError()
          .addKeyValue("tenant", tenant.id())
          .log("Its issuers or roles cannot be read: {}", e.getMessage());
      return AccessRules.DEFAULT;
    }
  }

  /** Throws VALIDATION when what a file says of issuers and roles is wrong. */
  static void check(Tenant tenant) {
    var unused = parse(tenant);
  }

  private static AccessRules parse(Tenant tenant) {
    String roles = tenant.sections().get(ROLES);
    String issuers = tenant.sections().get(ISSUERS);
    return new AccessRules(
        roles == null ? RoleBook.BUILT_IN : RoleBook.read(new JsonObject(roles)),
        issuers == null ? Map.of() : issuers(tenant.id(), new JsonArray(issuers)));
  }

  private static Map<String, Issuer> issuers(String tenant, JsonArray list) {
    Form form = new Form(new JsonObject().put(ISSUERS, list));
    Map<String, Issuer> all = new TreeMap<>();
    for (Form each : form.list(ISSUERS)) {
      Issuer issuer = IssuerJson.read(tenant, each);
      if (all.put(issuer.id(), issuer) != null) {
        each.wrong("id", "is there twice");
      }
    }
    if (all.size() > IssuerJson.ISSUERS_MAX) {
      form.wrong(ISSUERS, "may hold at most " + IssuerJson.ISSUERS_MAX);
    }
    if (!areDistinct(all.values())) {
      form.wrong(ISSUERS, "must differ in issuer or audience");
    }
    form.check();
    return all;
  }

  /** A token has to belong to one of them. */
  private static boolean areDistinct(Collection<Issuer> all) {
    return all.stream().map(i -> List.of(i.issuer(), i.audience())).distinct().count()
        == all.size();
  }

  // ---- issuers ----

  public Future<Issuer> createIssuer(String tenant, JsonObject body) {
    return TenantService.checked(() -> IssuerJson.read(tenant, body))
        .compose(
            issuer ->
                changeIssuers(
                        tenant,
                        all -> {
                          if (all.size() >= IssuerJson.ISSUERS_MAX) {
                            throw Problem.CONFLICT.because(
                                "A tenant has at most " + IssuerJson.ISSUERS_MAX + " issuers");
                          }
                          if (all.putIfAbsent(issuer.id(), issuer) != null) {
                            throw Problem.CONFLICT.because("This issuer exists already");
                          }
                          return all;
                        })
                    .map(issuer));
  }

  /** Issuers in the order of their ids. */
  public Future<Page<Issuer>> listIssuers(String tenant, @Nullable String after, int limit) {
    return tenants
        .read(tenant)
        .map(found -> TenantService.page(parse(found).issuers(), after, limit));
  }

  public Future<Issuer> readIssuer(String tenant, String id) {
    return tenants.read(tenant).map(found -> existing(parse(found).issuers(), id));
  }

  /**
   * Changes an issuer by JSON merge patch. A secret that is not named stays; another kind of keys
   * needs the former one set to null.
   */
  public Future<Issuer> patchIssuer(String tenant, String id, JsonObject patch) {
    return changeIssuers(
            tenant,
            all -> {
              JsonObject merged = MergePatch.apply(IssuerJson.whole(existing(all, id)), patch);
              TenantService.sameId(id, merged);
              all.put(id, IssuerJson.read(tenant, merged));
              return all;
            })
        .map(found -> existing(parse(found).issuers(), id));
  }

  public Future<Void> deleteIssuer(String tenant, String id) {
    return changeIssuers(
            tenant,
            all -> {
              var unused = existing(all, id);
              all.remove(id);
              return all;
            })
        .mapEmpty();
  }

  private Future<Tenant> changeIssuers(String tenant, UnaryOperator<Map<String, Issuer>> to) {
    return tenants.change(
        tenant,
        before -> {
          Map<String, Issuer> all = to.apply(new TreeMap<>(parse(before).issuers()));
          if (!areDistinct(all.values())) {
            throw Problem.CONFLICT.because("Another issuer has the same issuer and audience");
          }
          JsonArray list = new JsonArray();
          all.values().forEach(issuer -> list.add(IssuerJson.whole(issuer)));
          return before.withSection(ISSUERS, list.isEmpty() ? null : list.encode());
        });
  }

  private static Issuer existing(Map<String, Issuer> all, String id) {
    Issuer found = all.get(id);
    if (found == null) {
      throw Problem.NOT_FOUND.because("There is no such issuer");
    }
    return found;
  }

  // ---- roles ----

  /** What the store says of a tenant's roles. */
  public Future<RoleBook> roles(String tenant) {
    return tenants.read(tenant).map(found -> parse(found).roles());
  }

  /** As {@link RoleBook#with}. */
  public Future<RoleBook> putRole(String tenant, Role role, Set<String> permissions, int percent) {
    return changeRoles(tenant, book -> book.with(role, permissions, percent));
  }

  /** As {@link RoleBook#back}. */
  public Future<RoleBook> takeRoleBack(String tenant, Role role) {
    return changeRoles(tenant, book -> book.back(role));
  }

  private Future<RoleBook> changeRoles(String tenant, UnaryOperator<RoleBook> to) {
    return tenants
        .change(
            tenant,
            before -> {
              JsonObject json = to.apply(parse(before).roles()).toJson();
              return before.withSection(ROLES, json.isEmpty() ? null : json.encode());
            })
        .map(after -> parse(after).roles());
  }
}

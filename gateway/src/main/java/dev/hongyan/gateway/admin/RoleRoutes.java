package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.AccessService;
import dev.hongyan.tenant.access.Permissions;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.access.RoleBook;
import dev.hongyan.tenant.form.Form;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What roles may do, and what a tenant makes of its own. */
final class RoleRoutes {
  private static final String ALL = AdminRoutes.PREFIX + "/tenants/{tenant}/roles";
  private static final String ONE = ALL + "/{role}";
  private static final Set<String> FIELDS = Set.of("permissions", "percent");

  private final Operations operations;
  private final AccessService access;

  private RoleRoutes(Operations operations, AccessService access) {
    this.operations = operations;
    this.access = access;
  }

  static void add(Operations to, AdminParts parts) {
    RoleRoutes routes = new RoleRoutes(to, parts.tenants().access());
    to.get(ALL, Need.GUEST, routes::list);
    to.get(ONE, Need.GUEST, routes::read);
    to.put(ONE, Need.ADMIN, routes::put);
    to.delete(ONE, Need.ADMIN, routes::takeBack);
  }

  private Future<Answer> list(Call call) {
    return access
        .roles(call.tenant())
        .map(
            book ->
                Answer.list(Arrays.stream(Role.values()).map(r -> shown(r, book)).toList(), null));
  }

  private Future<Answer> read(Call call) {
    Role role = role(call);
    return access.roles(call.tenant()).map(book -> Answer.ok(shown(role, book)));
  }

  private Future<Answer> put(Call call) {
    Role role = changeable(call);
    Form form = new Form(call.body());
    form.only(FIELDS);
    Set<String> permissions = RoleBook.permissions(form, "permissions");
    if (permissions == null) {
      form.wrong("permissions", "is required");
    }
    Long percent = form.number("percent", 0, 100);
    form.check();
    Set<String> asked = permissions == null ? Set.of() : permissions;
    checkHeld(call, asked);
    return access
        .putRole(call.tenant(), role, asked, percent == null ? 100 : percent.intValue())
        .map(book -> Answer.ok(shown(role, book)));
  }

  private Future<Answer> takeBack(Call call) {
    Role role = changeable(call);
    return access.takeRoleBack(call.tenant(), role).map(Answer.NO_CONTENT);
  }

  /** Nobody gives what is not theirs, or what there is not. */
  private void checkHeld(Call call, Set<String> asked) {
    List<FieldError> errors = new ArrayList<>();
    for (String permission : new TreeSet<>(asked)) {
      if (!operations.permissions().containsKey(permission)) {
        errors.add(new FieldError("permissions", permission + " is no permission"));
      } else if (!operations.may(call.caller(), permission)) {
        throw Problem.FORBIDDEN.because("You do not have " + permission + " yourself");
      }
    }
    if (!errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "There is no such permission", errors);
    }
  }

  private JsonObject shown(Role role, RoleBook book) {
    RoleBook.Definition own = book.of(role);
    Set<String> permissions = own == null ? null : own.permissions();
    JsonObject json =
        new JsonObject()
            .put("role", role.text())
            .put("builtIn", permissions == null)
            .put("permissions", RoleBook.sorted(permissions == null ? builtIn(role) : permissions));
    if (own != null && own.next() != null) {
      json.put(
          "rollout",
          new JsonObject()
              .put("permissions", RoleBook.sorted(own.next()))
              .put("percent", own.percent()));
    }
    return json;
  }

  private Set<String> builtIn(Role role) {
    Set<String> out = new TreeSet<>();
    operations
        .permissions()
        .forEach(
            (permission, need) -> {
              Role lowest = need.role();
              if (lowest != null
                  && role.includes(lowest)
                  && (role == Role.ADMIN || !Permissions.isReserved(permission))) {
                out.add(permission);
              }
            });
    return out;
  }

  private static Role role(Call call) {
    Role role = Role.of(call.path("role"));
    if (role == null) {
      throw Problem.NOT_FOUND.because("There is no such role");
    }
    return role;
  }

  private static Role changeable(Call call) {
    Role role = role(call);
    if (role == Role.ADMIN) {
      throw Call.invalid("role", "must be guest, contributor or reviewer: an admin may do all");
    }
    return role;
  }
}

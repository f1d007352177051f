package dev.hongyan.tenant.access;

import dev.hongyan.tenant.form.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant has made of its roles, where that differs from what they are built to be. A role's
 * new permissions may first be those of a part of its holders. Immutable.
 *
 * <p>As JSON: {@code {"reviewer":{"permissions":[…],"next":[…],"percent":10}}}; without {@code
 * permissions} the role is as built, but for the part that has {@code next}.
 */
public final class RoleBook {
  /** Nothing but built-in roles. */
  public static final RoleBook BUILT_IN = new RoleBook(Map.of());

  /** How many permissions a role may have. */
  public static final int PERMISSIONS_MAX = 200;

  private static final Set<String> FIELDS = Set.of("permissions", "next", "percent");

  private final Map<Role, Definition> definitions;

  /**
   * A role as its tenant has it.
   *
   * @param permissions null when it is as built
   * @param next what it is to become; null when nothing is being rolled out
   * @param percent of its holders who have {@code next}, 0 to 99
   */
  public record Definition(
      @Nullable Set<String> permissions, @Nullable Set<String> next, int percent) {
    public Definition {
      permissions = permissions == null ? null : Set.copyOf(permissions);
      next = next == null ? null : Set.copyOf(next);
    }

    private boolean isBuiltIn() {
      return permissions == null && next == null;
    }
  }

  private RoleBook(Map<Role, Definition> definitions) {
    this.definitions = Map.copyOf(definitions);
  }

  /** The tenant's definition; null when the role is as built for everybody. */
  public @Nullable Definition of(Role role) {
    return definitions.get(role);
  }

  /**
   * What a holder of the role may do; null when that is what the role is built to be.
   *
   * @param holder names it for good ({@link Caller#name}): it has the new permissions at a
   *     percentage and at every larger one
   */
  public @Nullable Set<String> permissions(Role role, String holder) {
    Definition here = definitions.get(role);
    if (here == null || role == Role.ADMIN) {
      return null;
    }
    Set<String> next = here.next();
    return next != null && place(role, holder) < here.percent() ? next : here.permissions();
  }

  /**
   * Gives a role new permissions, for a part of its holders or (at 100) for all. The others keep
   * what they have.
   */
  public RoleBook with(Role role, Set<String> permissions, int percent) {
    Definition before = definitions.get(role);
    return with(
        role,
        percent >= 100
            ? new Definition(permissions, null, 0)
            : new Definition(before == null ? null : before.permissions(), permissions, percent));
  }

  /** Takes a roll-out back; where there is none, the role is as built again. */
  public RoleBook back(Role role) {
    Definition before = definitions.get(role);
    return with(
        role,
        before == null || before.next() == null
            ? new Definition(null, null, 0)
            : new Definition(before.permissions(), null, 0));
  }

  private RoleBook with(Role role, Definition definition) {
    Map<Role, Definition> all = new EnumMap<>(Role.class);
    all.putAll(definitions);
    if (definition.isBuiltIn()) {
      all.remove(role);
    } else {
      all.put(role, definition);
    }
    return new RoleBook(all);
  }

  /** Where a holder is among all, 0 to 99: the same on every node and at every time. */
  static int place(Role role, String holder) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((role.text() + '\n' + holder).getBytes(StandardCharsets.UTF_8));
      int number = (hash[0] & 0x7f) << 24 | (hash[1] & 255) << 16 | (hash[2] & 255) << 8;
      return (number >>> 8) % 100;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads what {@link #toJson} wrote, or a file says. Throws VALIDATION. */
  public static RoleBook read(JsonObject json) {
    Form form = new Form(json);
    Map<Role, Definition> all = new EnumMap<>(Role.class);
    for (String name : json.fieldNames()) {
      Role role = Role.of(name);
      if (role == null || role == Role.ADMIN) {
        form.wrong(name, "must be guest, contributor or reviewer");
        continue;
      }
      Form one = form.inner(name);
      one.only(FIELDS);
      Set<String> permissions = permissions(one, "permissions");
      Set<String> next = permissions(one, "next");
      Long percent = one.number("percent", 0, 99);
      all.put(role, new Definition(permissions, next, percent == null ? 0 : percent.intValue()));
    }
    form.check();
    return new RoleBook(all);
  }

  /** A list of permissions that a role can be given; null when the field is missing. */
  public static @Nullable Set<String> permissions(Form form, String field) {
    return form.body().getValue(field) == null
        ? null
        : Set.copyOf(
            form.texts(
                field,
                PERMISSIONS_MAX,
                text -> Permissions.isOne(text) && !Permissions.isReserved(text),
                "must be a permission such as messages:read, and none that is for admins only"));
  }

  public JsonObject toJson() {
    JsonObject json = new JsonObject();
    definitions.forEach(
        (role, here) -> {
          JsonObject one = new JsonObject();
          if (here.permissions() != null) {
            one.put("permissions", sorted(here.permissions()));
          }
          if (here.next() != null) {
            one.put("next", sorted(here.next())).put("percent", here.percent());
          }
          json.put(role.text(), one);
        });
    return json;
  }

  /** Permissions in the order of their names. */
  public static JsonArray sorted(Collection<String> permissions) {
    return new JsonArray(List.copyOf(new TreeSet<>(permissions)));
  }
}

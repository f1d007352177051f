package dev.hongyan.tenant;

import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.RoutingJson;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is different between two snapshots of a tenant, for the audit log: {@code
 * {"path","before"?,"after"?}} for what may be seen, {@code
 * {"path","secret":"set|changed|removed"}} for what may not. Of an address only scheme and host are
 * told, because the rest may hold a key.
 */
public final class TenantChanges {
  private static final int VALUE_CHARS_MAX = 2_000;

  /** Sections that hold no secret; of all others only that they changed is told. */
  private static final Set<String> OPEN_SECTIONS = Set.of(Tenant.QUOTAS, AccessService.ROLES);

  private TenantChanges() {}

  /** In the order of the paths; null stands for a tenant that is not there. */
  public static JsonArray between(@Nullable Tenant before, @Nullable Tenant after) {
    JsonArray changes = new JsonArray();
    if (before == after) {
      return changes;
    }
    Map<String, Field> was = fields(before);
    Map<String, Field> is = fields(after);
    TreeMap<String, Field> all = new TreeMap<>(was);
    all.putAll(is);
    for (String path : all.keySet()) {
      Field old = was.get(path);
      Field now = is.get(path);
      if (!Objects.equals(old, now)) {
        changes.add(change(path, old, now));
      }
    }
    return changes;
  }

  private record Field(Object value, boolean secret) {}

  private static JsonObject change(String path, @Nullable Field old, @Nullable Field now) {
    JsonObject change = new JsonObject().put("path", path);
    if (old != null && old.secret() || now != null && now.secret()) {
      return change.put("secret", old == null ? "set" : now == null ? "removed" : "changed");
    }
    if (old != null) {
      change.put("before", shown(path, old.value()));
    }
    return now == null ? change : change.put("after", shown(path, now.value()));
  }

  private static Object shown(String path, Object value) {
    if (value instanceof String text && path.endsWith(".url")) {
      return address(text);
    }
    String text =
        value instanceof String s
            ? s
            : value instanceof JsonObject o
                ? o.encode()
                : value instanceof JsonArray a ? a.encode() : "";
    return text.length() <= VALUE_CHARS_MAX
        ? value
        : text.substring(0, VALUE_CHARS_MAX) + "… (" + text.length() + " characters)";
  }

  private static String address(String url) {
    try {
      URI uri = URI.create(url);
      return uri.getScheme() + "://" + uri.getRawAuthority() + "/…";
    } catch (IllegalArgumentException e) {
      return "…";
    }
  }

  private static Map<String, Field> fields(@Nullable Tenant tenant) {
    Map<String, Field> fields = new TreeMap<>();
    if (tenant == null) {
      return fields;
    }
    open(fields, "", TenantJson.of(tenant));
    for (Account account : tenant.accounts().values()) {
      String at = "accounts." + account.id() + ".";
      open(fields, at, TenantJson.open(account));
      secret(fields, at, TenantJson.sealed(account));
    }
    for (Destination destination : tenant.routing().destinations().values()) {
      String at = "destinations." + destination.id() + ".";
      open(fields, at, RoutingJson.of(destination));
      fields.put(at + "secret", new Field(destination.secret().reveal(), true));
    }
    for (Route route : tenant.routing().routes().values()) {
      open(fields, "routes." + route.id() + ".", RoutingJson.of(route));
    }
    tenant.sections().forEach((name, text) -> section(fields, name, text));
    return fields;
  }

  private static void section(Map<String, Field> fields, String name, String text) {
    if (name.equals(Tenant.FROZEN)) {
      return; // is told as a field of the tenant
    }
    boolean isOpen = OPEN_SECTIONS.contains(name);
    fields.put(name, new Field(isOpen ? new JsonObject(text) : text, !isOpen));
  }

  private static void open(Map<String, Field> fields, String at, JsonObject json) {
    json.forEach(
        each -> {
          if (each.getValue() != null) {
            fields.put(at + each.getKey(), new Field(each.getValue(), false));
          }
        });
  }

  private static void secret(Map<String, Field> fields, String at, JsonObject json) {
    json.forEach(each -> fields.put(at + each.getKey(), new Field(each.getValue(), true)));
  }
}

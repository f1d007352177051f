package dev.hongyan.gateway.admin;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.usage.Used;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.usage.DayUsage;
import dev.hongyan.tenant.usage.UsageStore;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What tenants used, by day in UTC. */
final class UsageRoutes {
  private static final String OF_TENANT = AdminRoutes.PREFIX + "/tenants/{tenant}/usage";
  private static final String OF_ALL = AdminRoutes.PREFIX + "/usage";

  private final TenantService tenants;
  private final UsageStore usage;
  private final Clock clock;

  private UsageRoutes(AdminParts parts) {
    this.tenants = parts.tenants();
    this.usage = new UsageStore(parts.store());
    this.clock = parts.clock();
  }

  static void add(Operations to, AdminParts parts) {
    UsageRoutes routes = new UsageRoutes(parts);
    to.get(OF_TENANT, Need.GUEST, routes::ofTenant);
    to.get(OF_ALL, Need.OPERATOR, routes::ofAll);
  }

  private Future<Answer> ofTenant(Call call) {
    LocalDate today = today();
    LocalDate to = day("to", call.query("to"), today);
    LocalDate from = day("from", call.query("from"), to);
    if (from.isAfter(to)) {
      throw Call.invalid("from", "must not be after to");
    }
    if (ChronoUnit.DAYS.between(from, to) >= UsageStore.KEPT_DAYS) {
      throw Call.invalid("from", "must be less than " + UsageStore.KEPT_DAYS + " days before to");
    }
    return usage
        .read(call.tenant(), from, to)
        .map(days -> Answer.list(days.stream().map(UsageRoutes::json).toList(), null));
  }

  private Future<Answer> ofAll(Call call) {
    LocalDate day = day("day", call.query("day"), today());
    return tenants
        .list(call.query("after"), call.limit())
        .compose(
            page -> {
              List<String> ids = page.items().stream().map(Tenant::id).toList();
              return usage.read(ids, day).map(all -> Answer.list(items(ids, all), page.next()));
            });
  }

  private static List<JsonObject> items(List<String> tenants, List<DayUsage> all) {
    List<JsonObject> items = new ArrayList<>(all.size());
    for (int i = 0; i < all.size(); i++) {
      JsonObject item = new JsonObject().put("tenant", tenants.get(i));
      items.add(item.mergeIn(json(all.get(i))));
    }
    return items;
  }

  private LocalDate today() {
    return LocalDate.ofInstant(Instant.ofEpochMilli(clock.wallMillis()), ZoneOffset.UTC);
  }

  private static LocalDate day(String field, @Nullable String text, LocalDate absent) {
    if (text == null) {
      return absent;
    }
    try {
      LocalDate day = LocalDate.parse(text);
      if (day.getYear() >= 2000 && day.getYear() < 10_000) {
        return day;
      }
    } catch (DateTimeException e) {
      // Told below, like a day that is out of range.
    }
    throw Call.invalid(field, "must be a day like 2026-11-21");
  }

  private static JsonObject json(DayUsage day) {
    JsonObject json = new JsonObject().put("day", day.day().toString());
    for (Used kind : Used.values()) {
      json.put(kind.field(), day.of(kind));
    }
    return json.put("storageMessages", day.storageMessages())
        .put("storageBytes", day.storageBytes());
  }
}

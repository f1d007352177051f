package dev.hongyan.tenant.quota;

import dev.hongyan.tenant.form.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Quotas as the admin API and the folder write them: {@code
 * {"limits":[{"api","ratePerSecond","burst"?,"priority"?}],"max"?:{"sessions","storageMessages",
 * "storageBytes","destinations","pendingTimers"}}}. A burst that is missing is one second's worth.
 */
public final class QuotaJson {
  private static final Set<String> FIELDS = Set.of("limits", "max");
  private static final Set<String> LIMIT_FIELDS =
      Set.of("api", "ratePerSecond", "burst", "priority");
  private static final Set<String> MAX_FIELDS =
      Set.of("sessions", "storageMessages", "storageBytes", "destinations", "pendingTimers");
  private static final Set<String> APIS =
      Set.of(
          Limit.WEBHOOK,
          Limit.PUBLISH,
          Limit.PUBLISH_BYTES,
          Limit.ADMIN,
          Limit.CONNECT,
          Limit.WXAPI);
  private static final int FAMILY_CHARS_MAX = 32;
  private static final long COUNT_MAX = 1_000_000_000_000_000L;

  private QuotaJson() {}

  /** Reads the whole resource; throws VALIDATION, naming every bad field. */
  public static Quota read(JsonObject body) {
    Form form = new Form(body);
    Quota quota = read(form);
    form.check();
    return quota;
  }

  /**
   * What a file says: the resource, or only the list of its limits.
   *
   * @param file the whole file, where mistakes are noted
   */
  public static Quota inFile(Form file, String field) {
    boolean list = file.body().getValue(field) instanceof JsonArray;
    return list ? new Quota(limits(file, field), Quota.Ceilings.NONE) : read(file.inner(field));
  }

  /** From what the store holds; what is none is left out. */
  public static Quota stored(@Nullable String text) {
    return text == null || !text.startsWith("{")
        ? Quota.NONE
        : read(new Form(new JsonObject(text)));
  }

  /** Reads it from a form, and notes there what is wrong. */
  public static Quota read(Form form) {
    form.only(FIELDS);
    List<Limit> limits = limits(form, "limits");
    Form max = form.inner("max");
    max.only(MAX_FIELDS);
    return new Quota(
        limits,
        new Quota.Ceilings(
            max.number("sessions", 0, COUNT_MAX),
            max.number("storageMessages", 0, COUNT_MAX),
            max.number("storageBytes", 0, COUNT_MAX),
            max.number("destinations", 0, COUNT_MAX),
            max.number("pendingTimers", 0, COUNT_MAX)));
  }

  private static List<Limit> limits(Form form, String field) {
    List<Limit> limits = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Form each : form.list(field)) {
      Limit limit = limit(each);
      if (limit != null && !names.add(limit.name())) {
        each.wrong("api", "is there twice with this priority");
      } else if (limit != null) {
        limits.add(limit);
      }
    }
    if (limits.size() > Quota.LIMITS_MAX) {
      form.wrong(field, "may hold at most " + Quota.LIMITS_MAX);
    }
    return limits;
  }

  private static @Nullable Limit limit(Form form) {
    form.only(LIMIT_FIELDS);
    String api = form.required("api", 64);
    boolean known = APIS.contains(api) || isFamily(api);
    if (!known && !api.isEmpty()) {
      form.wrong(
          "api",
          "must be webhook, publish, publish.bytes, admin, connect, wxapi or wxapi.<family>");
    }
    Double rate = rate(form);
    Long burst = form.number("burst", 1, Limit.BURST_MAX);
    Long priority = form.number("priority", 0, 9);
    boolean ofNobody = Limit.WEBHOOK.equals(api) || Limit.CONNECT.equals(api);
    if (priority != null && ofNobody) {
      form.wrong("priority", "has no meaning for " + api);
    }
    if (!known || rate == null) {
      return null;
    }
    return new Limit(
        api,
        rate,
        burst == null ? (long) Math.max(1, Math.ceil(rate)) : burst,
        priority == null ? null : priority.intValue());
  }

  private static @Nullable Double rate(Form form) {
    Object value = form.body().getValue("ratePerSecond");
    if (value == null) {
      form.wrong("ratePerSecond", "is required");
      return null;
    }
    double rate = value instanceof Number n ? n.doubleValue() : -1;
    if (rate >= Limit.RATE_MIN && rate <= Limit.RATE_MAX) {
      return rate;
    }
    form.wrong("ratePerSecond", "must be a number from 0.01 to 10000000000");
    return null;
  }

  private static boolean isFamily(String api) {
    String prefix = Limit.WXAPI + ".";
    if (!api.startsWith(prefix) || api.length() == prefix.length()) {
      return false;
    }
    return api.length() <= prefix.length() + FAMILY_CHARS_MAX
        && api.chars()
            .skip(prefix.length())
            .allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-');
  }

  /** As it is written. */
  public static JsonObject of(Quota quota) {
    JsonArray limits = new JsonArray();
    for (Limit l : quota.limits()) {
      limits.add(of(l));
    }
    JsonObject max = new JsonObject();
    put(max, "sessions", quota.max().sessions());
    put(max, "storageMessages", quota.max().storageMessages());
    put(max, "storageBytes", quota.max().storageBytes());
    put(max, "destinations", quota.max().destinations());
    put(max, "pendingTimers", quota.max().pendingTimers());
    JsonObject json = new JsonObject().put("limits", limits);
    return max.isEmpty() ? json : json.put("max", max);
  }

  private static JsonObject of(Limit limit) {
    double rate = limit.ratePerSecond();
    JsonObject json = new JsonObject().put("api", limit.api());
    if (rate == Math.rint(rate)) {
      json.put("ratePerSecond", (long) rate);
    } else {
      json.put("ratePerSecond", rate);
    }
    json.put("burst", limit.burst());
    return limit.priority() == null ? json : json.put("priority", limit.priority());
  }

  private static void put(JsonObject to, String field, @Nullable Long value) {
    if (value != null) {
      to.put(field, value);
    }
  }
}

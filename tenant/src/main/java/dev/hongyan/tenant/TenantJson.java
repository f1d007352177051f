package dev.hongyan.tenant;

import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.form.Spans;
import dev.hongyan.tenant.quota.QuotaJson;
import dev.hongyan.tenant.routing.Routing;
import dev.hongyan.tenant.routing.RoutingJson;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tenants and accounts as the admin API and the folder write them, and back. What goes out never
 * holds a secret: the field {@code secrets} only names those that are set.
 */
public final class TenantJson {
  private static final Set<String> TENANT_FIELDS =
      Set.of("id", "name", "priority", "retention", "ttl", "suspended", "frozen");
  private static final Set<String> ACCOUNT_FIELDS =
      Set.of(
          "id",
          "kind",
          "appId",
          "secret",
          "token",
          "previousToken",
          "encodingAesKey",
          "previousEncodingAesKey",
          "mode",
          "originalId",
          "tokenMode",
          "apiPaths");

  /** Lists of a file that are read here. */
  private static final Set<String> LISTS = Set.of("accounts", "destinations", "routes");

  /** Lists a file may hold beside those; other parts read them. */
  private static final Set<String> SECTIONS =
      Set.of("subscriptions", "keys", AccessService.ISSUERS, AccessService.ROLES);

  private static final Duration AGE_MIN = Duration.ofMinutes(1);
  private static final Duration AGE_MAX = Duration.ofDays(3650);
  private static final int NAME_MAX = 200;
  private static final String FOR_EVER = "forever";
  private static final int LIFETIMES_MAX = 100;
  private static final int ACCOUNTS_MAX = 1_000;
  private static final int AES_KEY_CHARS = 43;
  private static final int API_PATHS_MAX = 100;
  private static final String API_PATH_FORM =
      "a path like /cgi-bin/message/template/send, or a beginning like /cgi-bin/message/*";

  private TenantJson() {}

  /** {@code {"id","name","priority","retention"?,"suspended"?,"frozen"?,"source"}}. */
  public static JsonObject of(Tenant tenant) {
    JsonObject json = own(tenant);
    json.put("source", tenant.source().name().toLowerCase(Locale.ROOT));
    return json;
  }

  /** The fields a caller may write. */
  static JsonObject own(Tenant tenant) {
    JsonObject json =
        new JsonObject()
            .put("id", tenant.id())
            .put("name", tenant.name())
            .put("priority", tenant.priority());
    Tenant.Retention retention = tenant.retention();
    if (!retention.equals(Tenant.Retention.DEFAULT)) {
      JsonObject r = new JsonObject();
      Duration age = retention.age();
      if (age != null) {
        r.put("age", Spans.format(age));
      }
      if (retention.messages() != null) {
        r.put("messages", retention.messages());
      }
      json.put("retention", r);
    }
    if (!tenant.lifetimes().isEmpty()) {
      JsonArray ttl = new JsonArray();
      for (Tenant.Lifetime l : tenant.lifetimes()) {
        Duration life = l.life();
        ttl.add(
            new JsonObject()
                .put("match", l.match())
                .put("life", life == null ? FOR_EVER : Spans.format(life)));
      }
      json.put("ttl", ttl);
    }
    if (tenant.suspended()) {
      json.put("suspended", true);
    }
    if (tenant.frozen()) {
      json.put("frozen", true);
    }
    return json;
  }

  /**
   * {@code
   * {"id","kind","appId","mode","originalId"?,"tokenMode"?,"apiPaths"?,"secrets":["token",…]}}.
   */
  public static JsonObject of(Account account) {
    JsonObject json = open(account);
    JsonArray set = new JsonArray();
    sealed(account).fieldNames().forEach(set::add);
    return json.put("secrets", set);
  }

  /** The part of an account that anybody may see. */
  static JsonObject open(Account account) {
    JsonObject json =
        new JsonObject()
            .put("id", account.id())
            .put("kind", account.kind().text())
            .put("appId", account.appId())
            .put("mode", account.mode().text());
    if (account.originalId() != null) {
      json.put("originalId", account.originalId());
    }
    if (account.tokenMode() != Account.TokenMode.STABLE) {
      json.put("tokenMode", account.tokenMode().text());
    }
    if (!account.apiPaths().isEmpty()) {
      json.put("apiPaths", new JsonArray(account.apiPaths()));
    }
    return json;
  }

  /** The part of an account that nobody may see. */
  static JsonObject sealed(Account account) {
    JsonObject json = new JsonObject();
    put(json, "secret", account.secret());
    put(json, "token", account.token());
    put(json, "previousToken", account.previousToken());
    put(json, "encodingAesKey", account.encodingAesKey());
    put(json, "previousEncodingAesKey", account.previousEncodingAesKey());
    return json;
  }

  private static void put(JsonObject json, String field, @Nullable Secret secret) {
    if (secret != null) {
      json.put(field, secret.reveal());
    }
  }

  /**
   * Reads a tenant without its accounts.
   *
   * @throws dev.hongyan.observability.problem.ProblemException VALIDATION, naming every bad field
   */
  static Tenant tenant(JsonObject body, Tenant.Source source) {
    Form form = new Form(body);
    form.only(TENANT_FIELDS);
    Tenant tenant = tenant(form, Map.of(), Routing.NONE, Map.of(), source, "");
    form.check();
    return tenant;
  }

  /**
   * Reads a whole file: a tenant with {@code accounts}, {@code destinations}, {@code routes} and
   * further sections.
   *
   * @param rules what only others can check about routes
   * @param contentHash kept with it, to see later that nothing has changed
   */
  public static Tenant file(JsonObject body, RoutingRules rules, String contentHash) {
    Form form = new Form(body);
    Map<String, Account> accounts = new LinkedHashMap<>();
    for (Form each : form.list("accounts")) {
      Account account = account(each);
      if (accounts.put(account.id(), account) != null) {
        each.wrong("id", "is there twice");
      }
    }
    if (accounts.size() > ACCOUNTS_MAX) {
      form.wrong("accounts", "may hold at most " + ACCOUNTS_MAX);
    }
    Routing routing = RoutingJson.file(form, rules);
    Map<String, String> sections = new LinkedHashMap<>();
    for (String field : body.fieldNames()) {
      Object value = body.getValue(field);
      if (field.equals(Tenant.QUOTAS)) {
        if (value != null) {
          sections.put(field, QuotaJson.of(QuotaJson.inFile(form, field)).encode());
        }
      } else if (SECTIONS.contains(field)) {
        if (value instanceof JsonArray array) {
          sections.put(field, array.encode());
        } else if (value instanceof JsonObject object) {
          sections.put(field, object.encode());
        } else if (value != null) {
          form.wrong(field, "must be a list");
        }
      } else if (!TENANT_FIELDS.contains(field) && !LISTS.contains(field)) {
        form.wrong(field, "is not known here");
      }
    }
    Tenant tenant = tenant(form, accounts, routing, sections, Tenant.Source.FOLDER, contentHash);
    form.check();
    AccessService.check(tenant);
    return tenant;
  }

  private static Tenant tenant(
      Form form,
      Map<String, Account> accounts,
      Routing routing,
      Map<String, String> sections,
      Tenant.Source source,
      String contentHash) {
    Map<String, String> all = new LinkedHashMap<>(sections);
    if (form.flag("frozen")) {
      all.put(Tenant.FROZEN, "{}");
    }
    String id = id(form);
    String name = form.text("name", NAME_MAX);
    Long priority = form.number("priority", 0, 9);
    Form retention = form.inner("retention");
    retention.only(Set.of("age", "messages"));
    String ageText = retention.text("age", 20);
    Duration age = ageText == null ? null : Spans.parse(ageText);
    if (ageText != null
        && (age == null || age.compareTo(AGE_MIN) < 0 || age.compareTo(AGE_MAX) > 0)) {
      retention.wrong("age", "must be a span such as 72h or 7d, from 1m to 3650d");
    }
    Long messages = retention.number("messages", 1, 10_000_000_000L);
    return new Tenant(
        id,
        name == null ? id : name,
        priority == null ? Tenant.DEFAULT_PRIORITY : priority.intValue(),
        age == null && messages == null
            ? Tenant.Retention.DEFAULT
            : new Tenant.Retention(age, messages),
        lifetimes(form),
        form.flag("suspended"),
        accounts,
        routing,
        all,
        source,
        0,
        contentHash);
  }

  private static List<Tenant.Lifetime> lifetimes(Form form) {
    List<Tenant.Lifetime> out = new ArrayList<>();
    for (Form each : form.list("ttl")) {
      each.only(Set.of("match", "life"));
      String match = each.required("match", 512);
      String life = each.required("life", 20);
      Duration span = life.equals(FOR_EVER) ? null : Spans.parse(life);
      if (span == null && !life.isEmpty() && !life.equals(FOR_EVER)) {
        each.wrong("life", "must be a span such as 20s or 48h, or " + FOR_EVER);
      }
      out.add(new Tenant.Lifetime(match, span));
    }
    if (out.size() > LIFETIMES_MAX) {
      form.wrong("ttl", "may hold at most " + LIFETIMES_MAX);
    }
    return out;
  }

  /** Reads an account; throws VALIDATION, naming every bad field. */
  static Account account(JsonObject body) {
    Form form = new Form(body);
    Account account = account(form);
    form.check();
    return account;
  }

  private static Account account(Form form) {
    form.only(ACCOUNT_FIELDS);
    String id = id(form);
    Account.Kind kind = form.choice("kind", Account.Kind.class);
    if (form.body().getValue("kind") == null) {
      form.wrong("kind", "is required");
    }
    String appId = form.required("appId", 128);
    Secret token = token(form, "token");
    Secret key = aesKey(form, "encodingAesKey");
    Account.Mode mode = form.choice("mode", Account.Mode.class);
    if (mode == null) {
      mode = key == null ? Account.Mode.PLAIN : Account.Mode.ENCRYPTED;
    }
    if (mode != Account.Mode.PLAIN && kind != Account.Kind.PAY) {
      for (String needed : new String[] {"token", "encodingAesKey"}) {
        if (form.body().getValue(needed) == null) {
          form.wrong(needed, "is required in mode " + mode.text());
        }
      }
    }
    Account.TokenMode tokenMode = form.choice("tokenMode", Account.TokenMode.class);
    return new Account(
        id,
        kind == null ? Account.Kind.MP : kind,
        appId,
        form.secret("secret", s -> visible(s, 512), "must be 1 to 512 visible characters"),
        token,
        token(form, "previousToken"),
        key,
        aesKey(form, "previousEncodingAesKey"),
        mode,
        form.text("originalId", 64),
        tokenMode == null ? Account.TokenMode.STABLE : tokenMode,
        form.texts("apiPaths", API_PATHS_MAX, TenantJson::isApiPath, "must be " + API_PATH_FORM));
  }

  /** An account from what the store holds; written by us, so nothing is checked again. */
  static Account stored(JsonObject open, JsonObject sealed) {
    return new Account(
        open.getString("id"),
        Account.Kind.valueOf(open.getString("kind").toUpperCase(Locale.ROOT)),
        open.getString("appId"),
        get(sealed, "secret"),
        get(sealed, "token"),
        get(sealed, "previousToken"),
        get(sealed, "encodingAesKey"),
        get(sealed, "previousEncodingAesKey"),
        Account.Mode.valueOf(open.getString("mode").toUpperCase(Locale.ROOT)),
        open.getString("originalId"),
        Account.TokenMode.valueOf(open.getString("tokenMode", "stable").toUpperCase(Locale.ROOT)),
        open.getJsonArray("apiPaths", new JsonArray()).stream().map(String::valueOf).toList());
  }

  /** A path of WeChat's API; a {@code *} at the end stands for whatever follows. */
  private static boolean isApiPath(String text) {
    if (text.length() > 128 || !text.startsWith("/")) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '/'
              || c == '_'
              || c == '-'
              || c == '.';
      if (!plain && !(c == '*' && i == text.length() - 1)) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable Secret get(JsonObject json, String field) {
    String value = json.getString(field);
    return value == null ? null : Secret.of(value);
  }

  private static String id(Form form) {
    String id = form.required("id", 63);
    if (!id.isEmpty() && !Keys.isId(id)) {
      form.wrong("id", "must be lower-case letters, digits and '-', at most 63, not '-' first");
    }
    return id;
  }

  private static @Nullable Secret token(Form form, String field) {
    return form.secret(field, s -> visible(s, 128), "must be 1 to 128 visible characters");
  }

  private static @Nullable Secret aesKey(Form form, String field) {
    return form.secret(field, TenantJson::isAesKey, "must be the 43 characters that WeChat shows");
  }

  private static boolean isAesKey(String text) {
    if (text.length() != AES_KEY_CHARS) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(c >= 'a' && c <= 'z'
          || c >= 'A' && c <= 'Z'
          || c >= '0' && c <= '9'
          || c == '+'
          || c == '/')) {
        return false;
      }
    }
    return true;
  }

  private static boolean visible(String text, int max) {
    if (text.isEmpty() || text.length() > max) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7f) {
        return false;
      }
    }
    return true;
  }
}

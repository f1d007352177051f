package dev.hongyan.tenant.routing;

import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.form.Spans;
import dev.hongyan.tenant.routing.Destination.Disabled;
import dev.hongyan.tenant.routing.Destination.PreviousSecret;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Destinations as JSON, in and out. */
final class DestinationJson {
  private static final Set<String> FIELDS =
      Set.of("id", "url", "topics", "secret", "concurrency", "timeoutMs", "retry", "enabled");
  private static final Set<String> FILE_FIELDS =
      Set.of(
          "id",
          "url",
          "topics",
          "secret",
          "previousSecrets",
          "concurrency",
          "timeoutMs",
          "retry",
          "enabled");

  private static final int URL_CHARS_MAX = 2_048;
  private static final int PORT_MAX = 65_535;
  private static final int TOPICS_MAX = 100;
  private static final int TOPIC_CHARS_MAX = 512;
  private static final int CONCURRENCY_MAX = 256;
  private static final long TIMEOUT_MILLIS_MIN = 100;
  private static final long TIMEOUT_MILLIS_MAX = 60_000;
  private static final int RETRIES_MAX = 20;
  private static final Duration RETRY_MIN = Duration.ofMillis(100);
  private static final Duration RETRY_MAX = Duration.ofHours(24);

  /** Who wrote what is read. */
  enum Writer {
    /** A caller of the admin API. */
    API,
    /** A file, which also says what secrets were before. */
    FILE,
    /** We ourselves, so nothing is checked that was checked before. */
    STORE
  }

  private DestinationJson() {}

  /** What anybody may see who may see the destination at all. */
  static JsonObject open(Destination destination) {
    JsonObject json = settings(destination);
    if (!destination.previousSecrets().isEmpty()) {
      JsonArray previous = new JsonArray();
      for (PreviousSecret each : destination.previousSecrets()) {
        previous.add(new JsonObject().put("until", time(each.untilMillis())));
      }
      json.put("previousSecrets", previous);
    }
    return disabled(json, destination.disabled());
  }

  /** What a caller of the API may write, the secret too. */
  static JsonObject writable(Destination destination) {
    return settings(destination).put("secret", destination.secret().reveal());
  }

  /** Everything, for the store. */
  static JsonObject whole(Destination destination) {
    JsonObject json = writable(destination);
    if (!destination.previousSecrets().isEmpty()) {
      JsonArray previous = new JsonArray();
      for (PreviousSecret each : destination.previousSecrets()) {
        previous.add(
            new JsonObject()
                .put("secret", each.secret().reveal())
                .put("until", time(each.untilMillis())));
      }
      json.put("previousSecrets", previous);
    }
    return disabled(json, destination.disabled());
  }

  private static JsonObject settings(Destination destination) {
    JsonArray retry = new JsonArray();
    destination.retry().forEach(step -> retry.add(Spans.format(step)));
    return new JsonObject()
        .put("id", destination.id())
        .put("url", destination.url())
        .put("topics", new JsonArray(destination.topics()))
        .put("concurrency", destination.concurrency())
        .put("timeoutMs", destination.timeout().toMillis())
        .put("retry", retry)
        .put("enabled", destination.enabled());
  }

  private static JsonObject disabled(JsonObject json, @Nullable Disabled disabled) {
    return disabled == null
        ? json
        : json.put(
            "disabled",
            new JsonObject().put("reason", disabled.reason()).put("at", time(disabled.atMillis())));
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /** Reads one, notes what is wrong in the form. */
  static Destination read(Form form, RoutingRules rules, Writer writer) {
    if (writer != Writer.STORE) {
      form.only(writer == Writer.FILE ? FILE_FIELDS : FIELDS);
    }
    if (form.body().getValue("secret") == null) {
      form.wrong(
          "secret",
          writer == Writer.FILE
              ? "is required in a file: " + Secrets.EXPECTED
              : "is required; rotate-secret makes a new one");
    }
    Secret secret = secret(form);
    Long concurrency = form.number("concurrency", 1, CONCURRENCY_MAX);
    Long timeout = form.number("timeoutMs", TIMEOUT_MILLIS_MIN, TIMEOUT_MILLIS_MAX);
    return new Destination(
        RoutingJson.id(form),
        url(form),
        topics(form, rules),
        secret,
        writer == Writer.API ? List.of() : previousSecrets(form),
        concurrency == null ? Destination.DEFAULT_CONCURRENCY : concurrency.intValue(),
        timeout == null ? Destination.DEFAULT_TIMEOUT : Duration.ofMillis(timeout),
        retry(form),
        form.body().getValue("enabled") == null || form.flag("enabled"),
        writer == Writer.STORE ? disabled(form) : null);
  }

  private static Secret secret(Form form) {
    Secret secret = form.secret("secret", Secrets::isOne, "must be " + Secrets.EXPECTED);
    return secret == null ? Secret.of("") : secret;
  }

  private static String url(Form form) {
    String url = form.required("url", URL_CHARS_MAX);
    if (!url.isEmpty()) {
      String problem = problemWithUrl(url);
      if (problem != null) {
        form.wrong("url", problem);
      }
    }
    return url;
  }

  /** Whether the address may be called at all is seen when it is resolved, each time. */
  private static @Nullable String problemWithUrl(String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      return "is not an address";
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      return "must begin with http:// or https://";
    }
    // Also without the host's own form, as in a_b or a non-ASCII name, which nobody can resolve.
    if (url.getHost() == null || text.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
      return "must name a host, and be written in ASCII";
    }
    if (url.getRawUserInfo() != null) {
      return "must hold no user name or password";
    }
    if (url.getRawFragment() != null) {
      return "must hold no fragment";
    }
    return url.getPort() == 0 || url.getPort() > PORT_MAX ? "must have a port that exists" : null;
  }

  private static List<String> topics(Form form, RoutingRules rules) {
    List<String> topics = form.texts("topics", TOPICS_MAX, TOPIC_CHARS_MAX);
    if (topics == null) {
      return List.of();
    }
    for (int i = 0; i < topics.size(); i++) {
      String problem = rules.problemWithPattern(topics.get(i));
      if (problem != null) {
        form.wrong("topics[" + i + "]", problem);
      }
    }
    return topics;
  }

  private static List<Duration> retry(Form form) {
    List<String> texts = form.texts("retry", RETRIES_MAX, 20);
    if (texts == null) {
      return Destination.DEFAULT_RETRY;
    }
    List<Duration> steps = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Duration step = Spans.parse(texts.get(i));
      if (step == null || step.compareTo(RETRY_MIN) < 0 || step.compareTo(RETRY_MAX) > 0) {
        form.wrong("retry[" + i + "]", "must be a span such as 5s, 1m or 2h, from 100ms to 24h");
      } else {
        steps.add(step);
      }
    }
    return steps;
  }

  private static List<PreviousSecret> previousSecrets(Form form) {
    List<PreviousSecret> previous = new ArrayList<>();
    for (Form each : form.list("previousSecrets")) {
      each.only(Set.of("secret", "until"));
      if (each.body().getValue("secret") == null) {
        each.wrong("secret", "is required");
      }
      previous.add(new PreviousSecret(secret(each), until(each)));
    }
    if (previous.size() > Destination.PREVIOUS_SECRETS_MAX) {
      form.wrong("previousSecrets", "may hold at most " + Destination.PREVIOUS_SECRETS_MAX);
    }
    return previous;
  }

  private static long until(Form form) {
    try {
      String text = form.required("until", 40);
      return text.isEmpty() ? 0 : Instant.parse(text).toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      form.wrong("until", "must be a time such as 2026-12-31T00:00:00Z");
      return 0;
    }
  }

  private static @Nullable Disabled disabled(Form form) {
    if (form.body().getValue("disabled") == null) {
      return null;
    }
    Form disabled = form.inner("disabled");
    return new Disabled(
        disabled.required("reason", 200),
        Instant.parse(disabled.required("at", 40)).toEpochMilli());
  }
}

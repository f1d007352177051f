package dev.hongyan.gateway.admin;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.router.cursor.CursorStore;
import dev.hongyan.router.dead.DeadLetter;
import dev.hongyan.router.dead.DeadLetterStore;
import dev.hongyan.tenant.form.Form;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts many dead letters back, or deletes them: those named by {@code ids}, or those that {@code
 * filter} takes.
 */
final class DeadLetterActions {
  private static final String SHARED = "shared";

  /** Letters of one call that puts back or names ids. */
  static final int LETTERS_MAX = 1_000;

  /** Letters in memory at a time; one may be 1 MB. */
  private static final int AT_ONCE = 16;

  private static final int TEXT_MAX = 256;

  private final AdminParts parts;

  DeadLetterActions(AdminParts parts) {
    this.parts = parts;
  }

  /** Which letters: {@code ids}, or else the filter with what is older than a moment. */
  private record Choice(
      @Nullable List<String> ids, DeadLetterStore.Filter filter, @Nullable Instant olderThan) {

    /** Where a list of them begins. */
    @Nullable String before() {
      return olderThan == null ? null : olderThan.toEpochMilli() + "-0";
    }
  }

  /** Throws VALIDATION when the body names no letters. */
  static void check(Call call) {
    var unused = choice(call.body());
  }

  private static Choice choice(JsonObject body) {
    Form form = new Form(body);
    form.only(Set.of("ids", "filter"));
    List<String> ids = form.texts("ids", LETTERS_MAX, TEXT_MAX);
    boolean filtered = body.getValue("filter") != null;
    if (filtered == (body.getValue("ids") != null)) {
      form.wrong("ids", "or filter is required, and not both");
    }
    Form filter = form.inner("filter");
    filter.only(Set.of("consumer", "reason", "olderThan"));
    DeadLetterStore.Filter which =
        new DeadLetterStore.Filter(
            filter.text("consumer", TEXT_MAX), filter.text("reason", TEXT_MAX));
    Instant olderThan = moment(filter, "olderThan");
    form.check();
    return new Choice(ids == null ? null : List.copyOf(new LinkedHashSet<>(ids)), which, olderThan);
  }

  /** A time, RFC 3339, between 1970 and 2100; null when missing or wrong. */
  static @Nullable Instant moment(Form form, String field) {
    String text = form.text(field, 64);
    if (text == null) {
      return null;
    }
    try {
      Instant when = OffsetDateTime.parse(text).toInstant();
      if (when.isAfter(Instant.EPOCH) && when.isBefore(Instant.ofEpochSecond(4_102_444_800L))) {
        return when;
      }
    } catch (DateTimeParseException e) {
      // Told below, like a time out of range.
    }
    form.wrong(field, "must be a time like 2026-12-31T09:00:00+08:00");
    return null;
  }

  // ---- redrive ----

  /** What is to be put back, without the events. */
  private static final class Chosen {
    final List<String> ids = new ArrayList<>();
    final Set<String> unfit = new TreeSet<>();
    boolean more;
  }

  /** All of them, or none when one cannot be put back. */
  Future<Answer> redrive(Call call) {
    Choice choice = choice(call.body());
    String tenant = call.tenant();
    Set<String> consumers = new HashSet<>(LedgerRoutes.consumers(parts, tenant));
    Chosen chosen = new Chosen();
    List<String> ids = choice.ids();
    Future<Void> looked =
        parts
            .cursors()
            .list(tenant)
            .compose(
                names -> {
                  for (CursorStore.Stored each : names) {
                    if (each.mode().equals(SHARED)) {
                      consumers.add(each.name());
                    }
                  }
                  return ids == null
                      ? choose(tenant, choice, choice.before(), consumers, chosen)
                      : check(tenant, ids, 0, consumers, chosen);
                });
    return looked.compose(
        v -> {
          if (!chosen.unfit.isEmpty()) {
            return Future.failedFuture(
                Problem.CONFLICT.because(
                    "Only destinations, routes and shared subscriptions that exist can be given messages"
                        + " again, not: "
                        + String.join(", ", chosen.unfit)));
          }
          return putBack(tenant, chosen.ids, 0, 0)
              .map(
                  n -> {
                    JsonObject answer = new JsonObject().put("redriven", n);
                    if (ids != null && n < ids.size()) {
                      answer.put("missing", ids.size() - n);
                    }
                    return Answer.accepted(chosen.more ? answer.put("more", true) : answer);
                  });
        });
  }

  private static void note(DeadLetter letter, Set<String> consumers, Chosen chosen) {
    chosen.ids.add(letter.id());
    if (!consumers.contains(letter.consumer())) {
      chosen.unfit.add(letter.consumer());
    }
  }

  private Future<Void> choose(
      String tenant, Choice choice, @Nullable String before, Set<String> consumers, Chosen chosen) {
    int count = Math.min(AT_ONCE, LETTERS_MAX - chosen.ids.size());
    return parts
        .deadLetters()
        .list(tenant, choice.filter(), before, count)
        .compose(
            page -> {
              page.items().forEach(letter -> note(letter, consumers, chosen));
              if (page.next() == null) {
                return Future.succeededFuture();
              }
              if (chosen.ids.size() >= LETTERS_MAX) {
                chosen.more = true;
                return Future.succeededFuture();
              }
              return choose(tenant, choice, page.next(), consumers, chosen);
            });
  }

  private Future<Void> check(
      String tenant, List<String> ids, int from, Set<String> consumers, Chosen chosen) {
    if (from >= ids.size()) {
      return Future.succeededFuture();
    }
    int to = Math.min(ids.size(), from + AT_ONCE);
    return read(tenant, ids.subList(from, to))
        .compose(
            letters -> {
              letters.forEach(letter -> note(letter, consumers, chosen));
              return check(tenant, ids, to, consumers, chosen);
            });
  }

  private Future<Integer> putBack(String tenant, List<String> ids, int from, int sum) {
    if (from >= ids.size()) {
      return Future.succeededFuture(sum);
    }
    int to = Math.min(ids.size(), from + AT_ONCE);
    return read(tenant, ids.subList(from, to))
        .compose(letters -> parts.work().consumers().putBack(tenant, letters))
        .compose(n -> putBack(tenant, ids, to, sum + n));
  }

  /** Those that are there. */
  private Future<List<DeadLetter>> read(String tenant, List<String> ids) {
    List<Future<@Nullable DeadLetter>> each = new ArrayList<>();
    ids.forEach(id -> each.add(parts.deadLetters().get(tenant, id)));
    return Future.all(each)
        .map(
            all -> {
              List<DeadLetter> found = new ArrayList<>();
              for (int i = 0; i < all.size(); i++) {
                DeadLetter letter = all.resultAt(i);
                if (letter != null) {
                  found.add(letter);
                }
              }
              return found;
            });
  }

  // ---- purge ----

  Future<Answer> purge(Call call) {
    Choice choice = choice(call.body());
    String tenant = call.tenant();
    List<String> ids = choice.ids();
    Future<Integer> purged =
        ids == null
            ? parts.deadLetters().purge(tenant, choice.filter(), choice.before())
            : parts.deadLetters().delete(tenant, ids);
    return purged.map(n -> Answer.ok(new JsonObject().put("purged", n)));
  }
}

package dev.hongyan.tenant.audit;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.ManualTime;
import dev.hongyan.tenant.audit.AuditLog.Break;
import dev.hongyan.tenant.audit.AuditLog.Verdict;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.store.RedisLink;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditLogTest {
  static final String CHAIN = "hy:{acme}:audit";
  static final String HEAD = "hy:{acme}:audit-head";
  static RedisFixture redis;

  final Sealer sealer = new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
  final ManualTime time = new ManualTime(1_760_000_000_000L);
  AuditLog audit;

  @BeforeAll
  static void open() {
    redis = RedisFixture.start();
  }

  @AfterAll
  static void close() {
    redis.close();
  }

  @BeforeEach
  void fresh() {
    redis.clear();
    exists();
    audit = new AuditLog(redis.link(), sealer, time);
  }

  static void exists() {
    var unused = redis.send(Command.HSET, "hy:{acme}:config:tenant", "version", "1");
  }

  static AuditDraft draft(String action) {
    return new AuditDraft(
        "key:k1", action, new JsonObject().put("tenant", "acme"), "192.0.2.7", "req-1");
  }

  static JsonArray changes(int n) {
    return new JsonArray().add(new JsonObject().put("path", "priority").put("after", n));
  }

  void write(int many) {
    for (int i = 0; i < many; i++) {
      await(audit.record("acme", draft("PATCH " + i), AuditLog.DONE, changes(i)));
    }
  }

  Verdict verify() {
    return await(audit.verify("acme", 0, 500));
  }

  static Break breakAt(long seq, String problem) {
    return new Break(seq, problem);
  }

  /** The entry of that number as the store has it: text and hash. */
  static List<String> stored(long seq) {
    Response fields = redis.send(Command.XRANGE, CHAIN, seq + "-0", seq + "-0").get(0).get(1);
    return List.of(fields.get(1).toString(), fields.get(3).toString());
  }

  /** Writes the whole chain anew with other texts and hashes, as somebody with the store's keys. */
  static void rewrite(List<List<String>> entries, List<String> ids) {
    var gone = redis.send(Command.DEL, CHAIN);
    for (int i = 0; i < entries.size(); i++) {
      var unused =
          redis.send(
              Command.XADD,
              CHAIN,
              ids.get(i),
              "t",
              entries.get(i).get(0),
              "h",
              entries.get(i).get(1),
              "at",
              "0");
    }
  }

  static List<List<String>> all(int many) {
    List<List<String>> all = new ArrayList<>();
    for (int i = 1; i <= many; i++) {
      all.add(stored(i));
    }
    return all;
  }

  static List<String> ids(int many) {
    List<String> ids = new ArrayList<>();
    for (int i = 1; i <= many; i++) {
      ids.add(i + "-0");
    }
    return ids;
  }

  @Test
  void aChainThatNobodyTouchedVerifies() {
    write(5);
    Verdict verdict = verify();
    assertThat(verdict.broken()).isNull();
    assertThat(verdict.entries()).isEqualTo(5);
    JsonObject third = await(audit.page("acme", 2, 1)).entries().get(0).toJson();
    assertThat(third.getString("actor")).isEqualTo("key:k1");
    assertThat(third.getString("action")).isEqualTo("PATCH 2");
    assertThat(third.getString("address")).isEqualTo("192.0.2.7");
    assertThat(third.getString("requestId")).isEqualTo("req-1");
    assertThat(third.getString("outcome")).isEqualTo("done");
    assertThat(third.getString("at")).isEqualTo("2025-10-09T08:53:20Z");
    assertThat(third.getLong("seq")).isEqualTo(3);
    assertThat(third.getJsonArray("changes")).isEqualTo(changes(2));
  }

  @Test
  void anEmptyChainVerifies() {
    assertThat(verify().broken()).isNull();
  }

  @Test
  void aChangedEntryIsNamed() {
    write(5);
    List<List<String>> all = all(5);
    all.set(2, List.of(all.get(2).get(0).replace("key:k1", "key:k2"), all.get(2).get(1)));
    rewrite(all, ids(5));
    assertThat(verify().broken()).isEqualTo(breakAt(3, "changed"));
    assertThat(verify().entries()).isEqualTo(2);
  }

  @Test
  void anEntryThatWasChangedTogetherWithItsHashBreaksTheNextOne() {
    write(5);
    List<List<String>> all = all(5);
    String text = all.get(2).get(0).replace("key:k1", "key:k2");
    all.set(2, List.of(text, Chain.next(all.get(1).get(1), text)));
    rewrite(all, ids(5));
    assertThat(verify().broken()).isEqualTo(breakAt(4, "changed"));
  }

  @Test
  void aChainThatWasForgedToItsEndDoesNotFitTheSeal() {
    write(5);
    List<List<String>> all = all(5);
    String before = all.get(1).get(1);
    for (int i = 2; i < 5; i++) {
      String text = all.get(i).get(0).replace("key:k1", "key:k2");
      before = Chain.next(before, text);
      all.set(i, List.of(text, before));
    }
    rewrite(all, ids(5));
    var unused = redis.send(Command.HSET, HEAD, "hash", before);
    assertThat(verify().broken()).isEqualTo(breakAt(5, "head"));
    write(2); // what comes behind does not make it good
    assertThat(verify().broken()).isEqualTo(breakAt(5, "head"));
  }

  @Test
  void aMissingEntryIsNamed() {
    write(5);
    var unused = redis.send(Command.XDEL, CHAIN, "3-0");
    assertThat(verify().broken()).isEqualTo(breakAt(3, "missing"));
  }

  @Test
  void missingFirstAndLastEntriesAreNamed() {
    write(5);
    var unused = redis.send(Command.XDEL, CHAIN, "5-0");
    assertThat(verify().broken()).isEqualTo(breakAt(5, "missing"));
    var first = redis.send(Command.XDEL, CHAIN, "1-0");
    assertThat(verify().broken()).isEqualTo(breakAt(1, "missing"));
  }

  @Test
  void swappedEntriesAreNamed() {
    write(5);
    List<List<String>> all = all(5);
    List<String> second = all.get(1);
    all.set(1, all.get(3));
    all.set(3, second);
    rewrite(all, ids(5));
    assertThat(verify().broken()).isEqualTo(breakAt(2, "changed"));
  }

  @Test
  void anInsertedEntryIsNamed() {
    write(4);
    List<List<String>> all = all(4);
    all.add(2, List.of(all.get(1).get(0), all.get(1).get(1)));
    rewrite(all, List.of("1-0", "2-0", "2-5", "3-0", "4-0"));
    assertThat(verify().broken()).isEqualTo(breakAt(3, "inserted"));
  }

  @Test
  void anEntryAddedAtTheEndIsNamed() {
    write(3);
    List<String> last = stored(3);
    String text = last.get(0).replace("\"seq\":3", "\"seq\":4");
    var unused =
        redis.send(
            Command.XADD, CHAIN, "4-0", "t", text, "h", Chain.next(last.get(1), text), "at", "0");
    assertThat(verify().broken()).isEqualTo(breakAt(4, "inserted"));
  }

  @Test
  void theChainOfAnotherTenantDoesNotFit() {
    write(2);
    var unused = redis.send(Command.HSET, "hy:{other}:config:tenant", "version", "1");
    var chain = redis.send(Command.COPY, CHAIN, "hy:{other}:audit");
    var head = redis.send(Command.COPY, HEAD, "hy:{other}:audit-head");
    assertThat(await(audit.verify("other", 0, 500)).broken()).isEqualTo(breakAt(2, "head"));
  }

  @Test
  void manyWritersNeverForkTheChain() {
    List<AuditLog> nodes = new ArrayList<>();
    List<RedisLink> links = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      RedisLink link = redis.store().link();
      await(link.ready());
      links.add(link);
      nodes.add(new AuditLog(link, sealer, Clock.system()));
    }
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      all.add(nodes.get(i % 3).record("acme", draft("POST " + i), AuditLog.DONE, new JsonArray()));
    }
    await(Future.all(all));
    Verdict verdict = verify();
    assertThat(verdict.broken()).isNull();
    assertThat(verdict.entries()).isEqualTo(150);
    assertThat(await(audit.page("acme", 0, 500)).entries())
        .extracting(e -> e.toJson().getString("action"))
        .doesNotHaveDuplicates();
    links.forEach(link -> await(link.close()));
  }

  @Test
  void aLongChainIsVerifiedPieceByPiece() {
    write(12);
    long after = 0;
    long seen = 0;
    do {
      Verdict verdict = await(audit.verify("acme", after, 5));
      assertThat(verdict.broken()).isNull();
      seen += verdict.entries();
      after = verdict.next();
    } while (after > 0);
    assertThat(seen).isEqualTo(12);
    var unused = redis.send(Command.XDEL, CHAIN, "8-0");
    assertThat(await(audit.verify("acme", 5, 5)).broken()).isEqualTo(breakAt(8, "missing"));
  }

  @Test
  void whatIsCutOffLeavesAnAnchorBehind() {
    audit =
        new AuditLog(
            redis.link(), sealer, time, new AuditLog.Retention(Duration.ofDays(2), 5, 1 << 20));
    write(8);
    assertThat(await(audit.page("acme", 0, 500)).entries()).hasSize(5);
    assertThat(verify().broken()).isNull();
    assertThat(verify().from()).isEqualTo(4);
    time.advance(Duration.ofDays(3));
    write(1);
    assertThat(await(audit.page("acme", 0, 500)).entries()).hasSize(1);
    assertThat(verify().broken()).isNull();
    var unused = redis.send(Command.HSET, HEAD, "anchorHash", "0".repeat(64));
    assertThat(verify().broken()).isEqualTo(breakAt(9, "changed"));
  }

  @Test
  void ofAnActWhoseEndNobodyHeardTheBeginningIsTold() {
    AuditLog.Open open = await(audit.begin("acme", draft("DELETE x")));
    await(audit.settle("acme"));
    assertThat(await(audit.page("acme", 0, 10)).entries()).isEmpty();
    time.advance(Duration.ofMinutes(11));
    await(audit.settle("acme"));
    JsonObject told = await(audit.page("acme", 0, 10)).entries().get(0).toJson();
    assertThat(told.getString("action")).isEqualTo("DELETE x");
    assertThat(told.getString("outcome")).isEqualTo(AuditLog.UNKNOWN);
    await(audit.finish(open, AuditLog.DONE, new JsonArray(), new JsonObject()));
    assertThat(await(audit.page("acme", 0, 10)).entries()).hasSize(1);
    assertThat(verify().broken()).isNull();
  }

  @Test
  void nothingIsBegunForATenantThatIsNotThere() {
    assertThatThrownBy(() -> await(audit.begin("ghost", draft("PATCH"))))
        .satisfies(e -> assertThat(ProblemException.of(e)).isEqualTo(Problem.NOT_FOUND));
    assertThat(redis.keys()).noneMatch(k -> k.contains("ghost"));
  }

  @Test
  void whatEndsAfterItsTenantIsToldByThePlatform() {
    AuditLog.Open open = await(audit.begin("acme", draft("PATCH late")));
    redis.clear();
    await(audit.finish(open, AuditLog.DONE, changes(1), new JsonObject()));
    assertThat(redis.keys()).noneMatch(k -> k.contains("{acme}"));
    JsonObject told = await(audit.page(AuditLog.PLATFORM, 0, 10)).entries().get(0).toJson();
    assertThat(told.getString("action")).isEqualTo("PATCH late");
    assertThat(await(audit.verify(AuditLog.PLATFORM, 0, 10)).broken()).isNull();
  }

  @Test
  void anExportVerifiesWithoutThePlatform() {
    write(3);
    List<String> lines = export();
    assertThat(check(lines)).isNull();

    List<String> changed = new ArrayList<>(lines);
    changed.set(2, changed.get(2).replace("key:k1", "key:k9"));
    assertThat(check(changed)).isEqualTo("line 3: entry 2 is changed");

    List<String> missing = new ArrayList<>(lines);
    missing.remove(2);
    assertThat(check(missing)).isEqualTo("line 3: entry 2 is missing");

    List<String> swapped = new ArrayList<>(lines);
    swapped.set(1, lines.get(2));
    swapped.set(2, lines.get(1));
    assertThat(check(swapped)).isEqualTo("line 2: entry 1 is missing");

    assertThat(check(lines.subList(0, 4)))
        .isEqualTo("the last line is missing: the file was cut off");

    List<String> shorter = new ArrayList<>(lines);
    shorter.remove(3);
    assertThat(check(shorter)).contains("names another end");
    assertThat(check(List.of("{}"))).contains("no line of an export");
  }

  private List<String> export() {
    AuditLog.Page page = await(audit.page("acme", 0, 500));
    List<String> lines = new ArrayList<>();
    lines.add(AuditFile.first("acme", page));
    page.entries().forEach(e -> lines.add(e.toLine()));
    lines.add(AuditFile.last(page.entries().size(), page.headSeq(), page.headHash()));
    return lines;
  }

  private static String check(List<String> lines) {
    AuditFile file = new AuditFile();
    lines.forEach(file::line);
    return file.problem();
  }
}

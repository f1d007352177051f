package dev.hongyan.tenant.folder;

import static dev.hongyan.tenant.testing.RedisFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantDirectory;
import dev.hongyan.tenant.TenantService;
import dev.hongyan.tenant.routing.ConsumerPlaces;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.routing.Route;
import dev.hongyan.tenant.routing.Routing;
import dev.hongyan.tenant.routing.RoutingRules;
import dev.hongyan.tenant.secret.MasterKey;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.testing.RedisFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantFolderTest {
  static RedisFixture redis;

  @TempDir Path files;
  final TenantDirectory directory = new TenantDirectory();
  final BlockingQueue<TenantFolder.Report> reports = new LinkedBlockingQueue<>();
  final List<String> placesMade = new CopyOnWriteArrayList<>();
  final ConsumerPlaces places =
      new ConsumerPlaces() {
        @Override
        public Future<Void> begins(String tenant, String consumer) {
          placesMade.add(tenant + "/" + consumer);
          return Future.succeededFuture();
        }

        @Override
        public Future<Void> ends(String tenant, String consumer) {
          placesMade.remove(tenant + "/" + consumer);
          return Future.succeededFuture();
        }
      };

  /** Takes every pattern but "bad". */
  final RoutingRules rules =
      new RoutingRules() {
        @Override
        public String problemWithPattern(String pattern) {
          return pattern.equals("bad") ? "is a bad pattern" : null;
        }

        @Override
        public String problemWithFilter(String filter) {
          return null;
        }

        @Override
        public String problemWithHandler(String name, String with) {
          return null;
        }
      };

  TenantService service;
  TenantFolder folder;

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
    service = serviceFor(directory);
    folder = folderOf(service, true);
  }

  @AfterEach
  void stop() {
    folder.stop();
  }

  TenantService serviceFor(TenantDirectory into) {
    Sealer sealer = new Sealer(MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
    return new TenantService(
        redis.link(), sealer, into, new VertxTimers(redis.vertx()), Clock.system(), rules, places);
  }

  TenantFolder folderOf(TenantService to, boolean prune) {
    TenantFolder made =
        new TenantFolder(
            redis.vertx(), files, to, prune, Clock.system(), new VertxTimers(redis.vertx()));
    made.onReport(reports::add);
    return made;
  }

  static String acme(String token) {
    return """
        id: acme
        name: Acme
        retention: { age: 72h }
        accounts:
          - id: shop
            kind: mp
            appId: wx123
            token: %s
        routes:
          - { id: r1, match: "wx.#", to: { subscription: pos } }
        """
        .formatted(token);
  }

  void write(String name, String text) throws IOException {
    Path fresh = Files.writeString(files.resolve("." + name), text);
    Files.move(
        fresh,
        files.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @CanIgnoreReturnValue
  TenantFolder.Report until(Predicate<TenantFolder.Report> wanted) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      TenantFolder.Report report = reports.poll(10, TimeUnit.SECONDS);
      assertThat(report).as("a report came in time").isNotNull();
      if (wanted.test(report)) {
        return report;
      }
    }
    throw new AssertionError("the wanted report did not come");
  }

  @Test
  void filesThatAreThereAtTheStartAreTaken() throws Exception {
    write("acme.yaml", acme("tok1"));
    TenantFolder.Report report = await(folder.start());
    assertThat(report.faults()).isEmpty();
    Tenant tenant = directory.find("acme");
    assertThat(tenant.source()).isEqualTo(Tenant.Source.FOLDER);
    assertThat(tenant.account("shop").token().reveal()).isEqualTo("tok1");
    assertThat(tenant.routing().routes().get("r1").match()).isEqualTo("wx.#");
  }

  @Test
  void filesAreAddedChangedAndRemovedWhileItRuns() throws Exception {
    await(folder.start());
    write("acme.yml", acme("tok1"));
    until(r -> r.written() == 1);
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok1");
    write("acme.yml", acme("tok2"));
    until(r -> r.written() == 1);
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok2");
    Files.delete(files.resolve("acme.yml"));
    until(r -> r.removed() == 1);
    assertThat(directory.find("acme")).isNull();
    assertThat(redis.keys()).noneMatch(k -> k.startsWith("hy:{acme}"));
  }

  @Test
  void aBrokenFileIsShownWithItsLineAndKeepsTheLastGoodState() throws Exception {
    write("acme.yaml", acme("tok1"));
    await(folder.start());
    write("acme.yaml", acme("tok2").replace("kind: mp", "kind: fax").replace("id: shop", "id: S"));
    TenantFolder.Report broken = until(r -> !r.faults().isEmpty());
    assertThat(broken.faults()).hasSize(2);
    assertThat(broken.faults()).anyMatch(f -> f.startsWith("acme.yaml:6: accounts[0].kind"));
    assertThat(broken.faults()).anyMatch(f -> f.startsWith("acme.yaml:5: accounts[0].id"));
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok1");
    write("acme.yaml", "id: acme\nname: [unclosed\nsecret: very-secret\n");
    TenantFolder.Report syntax = until(r -> r.faults().toString().contains("YAML"));
    assertThat(syntax.faults().get(0)).startsWith("acme.yaml:").doesNotContain("very-secret");
    assertThat(directory.find("acme")).isNotNull();
    write("acme.yaml", acme("tok3"));
    until(r -> r.faults().isEmpty());
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok3");
  }

  @Test
  void aTenantMadeByTheApiIsNotRemovedWithAFileThatNeverWas() throws Exception {
    await(service.create(new JsonObject().put("id", "by-api")));
    write("acme.yaml", acme("tok1"));
    await(folder.start());
    Files.delete(files.resolve("acme.yaml"));
    until(r -> r.removed() == 1);
    assertThat(directory.find("by-api")).isNotNull();
  }

  @Test
  void withoutPruneATenantStaysWhenItsFileGoes() throws Exception {
    folder = folderOf(service, false);
    write("acme.yaml", acme("tok1"));
    await(folder.start());
    Files.delete(files.resolve("acme.yaml"));
    write("other.yaml", "id: other\n");
    until(r -> r.written() == 1 && r.files() == 1);
    assertThat(directory.find("acme")).isNotNull();
  }

  @Test
  void nothingIsRemovedWhileNobodyKnowsWhoseABrokenFileIs() throws Exception {
    write("acme.yaml", acme("tok1"));
    await(folder.start());
    folder.stop();
    write("acme.yaml", "id: [");
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other = serviceFor(elsewhere);
    await(other.start());
    TenantFolder again = folderOf(other, true);
    TenantFolder.Report report = await(again.start());
    again.stop();
    other.stop();
    assertThat(report.faults()).hasSize(1);
    assertThat(report.removed()).isZero();
    assertThat(elsewhere.find("acme", "shop").token().reveal()).isEqualTo("tok1");
  }

  static String routed(String destination) {
    return """
        id: acme
        destinations:
          - id: crm
            url: https://crm.example/hook
        %s
            retry: [5s, 1m, 200ms]
        routes:
          - id: scans
            match: "wx.mp.event.SCAN.#"
            to: { destination: crm }
        """
        .formatted(destination);
  }

  @Test
  void destinationsAndRoutesOfAFileAreTaken() throws Exception {
    String secret = "whsec_" + Base64.getEncoder().encodeToString(new byte[24]);
    write("acme.yaml", routed("    secret: " + secret + "\n    topics: [app.#]"));
    TenantFolder.Report report = await(folder.start());
    assertThat(report.faults()).isEmpty();
    Routing routing = directory.find("acme").routing();
    Destination crm = routing.destinations().get("crm");
    assertThat(crm.secret().reveal()).isEqualTo(secret);
    assertThat(crm.retry()).endsWith(Duration.ofMillis(200)).hasSize(3);
    assertThat(routing.routes().get("scans").to()).isEqualTo(new Route.ToDestination("crm"));
    assertThat(placesMade).containsExactlyInAnyOrder("acme/destination:crm", "acme/route:scans");
    write("acme.yaml", "id: acme");
    until(r -> directory.find("acme").routing().equals(Routing.NONE));
    assertThat(placesMade).isEmpty();
  }

  @Test
  void whatTheApiDidToATenantOfAFileStaysUntilTheFileChanges() throws Exception {
    String file = routed("    secret: whsec_" + Base64.getEncoder().encodeToString(new byte[24]));
    write("acme.yaml", file);
    await(folder.start());
    await(service.routing().disableDestination("acme", "crm", "gone"));
    write("other.yaml", "id: other");
    until(r -> directory.find("other") != null);
    assertThat(directory.find("acme").routing().destinations().get("crm").enabled()).isFalse();
    write("acme.yaml", file + "\npriority: 6");
    until(r -> directory.find("acme").priority() == 6);
    Destination again = directory.find("acme").routing().destinations().get("crm");
    assertThat(again.enabled()).isTrue();
    assertThat(again.disabled()).isNull();
  }

  @Test
  void mistakesInDestinationsAndRoutesAreShownWithTheirLine() throws Exception {
    String text =
        routed("    timeoutMs: 5")
            .replace("SCAN.#", "SCAN")
            .replace("wx.mp.event.SCAN", "bad")
            .replace("destination: crm", "destination: other");
    write("acme.yaml", text);
    TenantFolder.Report report = await(folder.start());
    assertThat(report.faults())
        .containsExactlyInAnyOrder(
            "acme.yaml:3: destinations[0].secret is required in a file: whsec_ and base64 of 24 to"
                + " 64 bytes",
            "acme.yaml:5: destinations[0].timeoutMs must be a whole number from 100 to 60000",
            "acme.yaml:9: routes[0].match is a bad pattern",
            "acme.yaml:10: routes[0].to.destination names no destination of this tenant");
    assertThat(directory.find("acme")).isNull();
    assertThat(placesMade).isEmpty();
  }

  @Test
  void secretsMayBeElsewhereAndAreFollowedThere(@TempDir Path run) throws Exception {
    Path token = Files.writeString(run.resolve("token"), "tok1\n");
    write("acme.yaml", acme("${file:" + token + "}"));
    await(folder.start());
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok1");
    Files.writeString(token, "tok2\n");
    until(r -> directory.find("acme", "shop").token().reveal().equals("tok2"));
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok2");
    Files.delete(token);
    assertThat(until(r -> !r.faults().isEmpty()).faults())
        .containsExactly(
            "acme.yaml:8: accounts[0].token refers to a file that is not there, empty, or cannot be"
                + " read");
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok2");
    Files.writeString(token, "tok2");
    until(r -> r.faults().isEmpty());
  }

  @Test
  void referencesAreForSecretsOnlyAndNotForOurOwn() throws Exception {
    SecretReferences secrets = new SecretReferences(name -> "value-of-" + name);
    Path file = files.resolve("acme.yaml");
    Files.writeString(file, acme("${env:SHOP_TOKEN}"));
    TenantFile good = TenantFile.look(file, null, rules, secrets, 0);
    assertThat(good.tenant().account("shop").token().reveal()).isEqualTo("value-of-SHOP_TOKEN");
    Files.writeString(
        file, acme("${env:HONGYAN_MASTER_KEY}").replace("name: Acme", "name: ${env:SHOP_TOKEN}"));
    TenantFile bad = TenantFile.look(file, null, rules, secrets, 0);
    assertThat(bad.faults())
        .extracting(TenantFile.Fault::toString)
        .containsExactlyInAnyOrder(
            "acme.yaml:2: name may not refer to something elsewhere; only secrets may",
            "acme.yaml:8: accounts[0].token refers to a variable that is not set, or is one of our"
                + " own");
  }

  @Test
  void theSwappedLinkOfAConfigMapIsANewState() throws Exception {
    Path one = Files.createDirectory(files.resolve("..2026_1"));
    Path two = Files.createDirectory(files.resolve("..2026_2"));
    Files.writeString(one.resolve("acme.yaml"), acme("tok1"));
    Files.writeString(two.resolve("acme.yaml"), acme("tok2"));
    // Of one size and one time, as from a tool that sets times.
    Files.setLastModifiedTime(one.resolve("acme.yaml"), FileTime.fromMillis(1_000_000));
    Files.setLastModifiedTime(two.resolve("acme.yaml"), FileTime.fromMillis(1_000_000));
    Files.createSymbolicLink(files.resolve("..data"), one.getFileName());
    Files.createSymbolicLink(files.resolve("acme.yaml"), Path.of("..data", "acme.yaml"));
    await(folder.start());
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok1");
    Files.createSymbolicLink(files.resolve("..data_tmp"), two.getFileName());
    Files.move(
        files.resolve("..data_tmp"), files.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    until(r -> directory.find("acme", "shop").token().reveal().equals("tok2"));
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok2");
  }

  @Test
  void aCheckSaysWhatTheFolderWouldWithoutAStore() throws Exception {
    write("a.yaml", acme("tok1"));
    write("b.yaml", acme("tok2"));
    write("c.yaml", "id: [");
    FolderCheck.Result result = FolderCheck.of(files, rules);
    assertThat(result.files()).isEqualTo(3);
    assertThat(result.tenants()).containsOnlyKeys("acme");
    assertThat(result.faults())
        .hasSize(2)
        .contains("b.yaml:1: tenant acme is in a.yaml already")
        .anyMatch(f -> f.startsWith("c.yaml:"));
  }

  @Test
  void twoFilesForOneTenantAreAFaultOfTheSecond() throws Exception {
    write("a.yaml", acme("tok1"));
    write("b.yaml", acme("tok2"));
    TenantFolder.Report report = await(folder.start());
    assertThat(report.faults()).containsExactly("b.yaml:1: tenant acme is in a.yaml already");
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok1");
    Files.delete(files.resolve("a.yaml"));
    until(r -> r.faults().isEmpty());
    assertThat(directory.find("acme", "shop").token().reveal()).isEqualTo("tok2");
  }

  @Test
  void anUnchangedFolderWritesNothingAfterARestart() throws Exception {
    write("acme.yaml", acme("tok1"));
    await(folder.start());
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other = serviceFor(elsewhere);
    await(other.start());
    TenantFolder again = folderOf(other, true);
    TenantFolder.Report report = await(again.start());
    again.stop();
    other.stop();
    assertThat(report.files()).isEqualTo(1);
    assertThat(report.written()).isZero();
  }

  @Test
  void tenThousandFilesAreLoadedAndNeedLittleHeap() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      Files.writeString(
          files.resolve("t" + i + ".yaml"), acme("token" + i).replace("id: acme", "id: t" + i));
    }
    long heapBefore = usedHeap();
    TenantFolder.Report first = await(folder.start());
    long heap = usedHeap() - heapBefore;
    assertThat(first.written()).isEqualTo(10_000);
    assertThat(directory.size()).isEqualTo(10_000);
    assertThat(directory.find("t9999", "shop").token().reveal()).isEqualTo("token9999");
    folder.stop();
    TenantDirectory elsewhere = new TenantDirectory();
    TenantService other = serviceFor(elsewhere);
    long began = System.nanoTime();
    await(other.start());
    TenantFolder again = folderOf(other, true);
    TenantFolder.Report second = await(again.start());
    again.stop();
    other.stop();
    assertThat(second.written()).isZero();
    System.out.printf(
        "10,000 files: first %d ms, again %d ms (with the load from the store %d ms), %d bytes of heap each%n",
        first.took().toMillis(),
        second.took().toMillis(),
        (System.nanoTime() - began) / 1_000_000,
        heap / 10_000);
    assertThat(heap / 10_000).isLessThan(10 * 1024);
  }

  static long usedHeap() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}

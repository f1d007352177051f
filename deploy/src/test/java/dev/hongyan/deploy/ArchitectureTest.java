package dev.hongyan.deploy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The house stays as it was drawn: arrows between modules, signs on doors, and what nobody does.
 */
class ArchitectureTest {
  private static final List<String> MODULES =
      List.of(
          "wechat",
          "observability",
          "tenant",
          "token-service",
          "router",
          "gateway",
          "simulator",
          "deploy");

  /** Over 500 lines when this test was written; to be split. Nothing is added here. */
  private static final Set<String> TOO_LONG = Set.of();

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.hongyan");

  @Test
  void everyModuleIsSeenByTheseTests() {
    for (String module : MODULES) {
      if (!Files.isDirectory(Path.of("..", module, "src/main/java"))) {
        continue; // nothing of it yet
      }
      assertThat(OURS.stream().anyMatch(c -> c.getPackageName().startsWith(packageOf(module))))
          .as("classes of %s", module)
          .isTrue();
    }
  }

  @Test
  void arrowsBetweenModulesGoOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.hongyan..")
        .layer("wechat")
        .definedBy("dev.hongyan.wechat..")
        .layer("observability")
        .definedBy("dev.hongyan.observability..")
        .layer("tenant")
        .definedBy("dev.hongyan.tenant..")
        .layer("token")
        .definedBy("dev.hongyan.token..")
        .layer("router")
        .definedBy("dev.hongyan.router..")
        .layer("gateway")
        .definedBy("dev.hongyan.gateway..")
        .layer("simulator")
        .definedBy("dev.hongyan.simulator..")
        .layer("deploy")
        .definedBy("dev.hongyan.deploy..")
        .whereLayer("wechat")
        .mayNotAccessAnyLayer()
        .whereLayer("observability")
        .mayNotAccessAnyLayer()
        .whereLayer("tenant")
        .mayOnlyAccessLayers("observability")
        .whereLayer("token")
        .mayOnlyAccessLayers("observability", "tenant", "wechat")
        .whereLayer("router")
        .mayOnlyAccessLayers("observability", "tenant", "wechat", "token")
        .whereLayer("gateway")
        .mayOnlyAccessLayers("observability", "tenant", "wechat", "token", "router")
        .whereLayer("simulator")
        .mayOnlyAccessLayers("observability", "wechat")
        .withOptionalLayers(true)
        .check(OURS);
  }

  @Test
  void packagesOfAModuleDoNotGoInCircles() {
    for (String module : MODULES) {
      slices()
          .matching(packageOf(module) + ".(*)..")
          .should()
          .beFreeOfCycles()
          .allowEmptyShould(true)
          .check(OURS);
    }
  }

  @Test
  void theWechatModuleIsPlainJava() {
    noClasses()
        .that()
        .resideInAPackage("dev.hongyan.wechat..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("io.vertx..", "io.netty..", "java.net.http..", "java.nio.channels..")
                .or(resideInAnyPackage("org.slf4j..", "ch.qos.logback..")))
        .allowEmptyShould(true)
        .check(OURS);
  }

  @Test
  void nobodySleepsWaitsOrLogsPastUs() {
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(OURS);
    noClasses()
        .that()
        // Waits for a process to answer, on a thread that it has for that.
        .doNotHaveFullyQualifiedName("dev.hongyan.tenant.store.EmbeddedRedis")
        .should()
        .callMethod(java.util.concurrent.TimeUnit.class, "sleep", long.class)
        .check(OURS);
    noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging..").check(OURS);
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.hongyan.observability.logging..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ch.qos.logback..")
        .check(OURS);
  }

  @Test
  void micrometerAndPrometheusStayBehindTheMetricsPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.hongyan.observability.metrics..")
        .should()
        .dependOnClassesThat(resideInAnyPackage("io.micrometer..", "io.prometheus.."))
        .check(OURS);
  }

  @Test
  void nothingThatTravelsIsJavaSerializable() {
    noClasses()
        .that(resideInAPackage("dev.hongyan.."))
        .and()
        .areNotAssignableTo(Throwable.class)
        .and()
        .areNotEnums()
        .and(
            com.tngtech.archunit.base.DescribedPredicate.describe(
                "have a name", c -> !c.isAnonymousClass()))
        .should()
        .implement(java.io.Serializable.class)
        .check(OURS);
  }

  @Test
  void everyPackageHasASign() {
    TreeSet<String> packages = new TreeSet<>();
    for (JavaClass c : OURS) {
      packages.add(c.getPackageName());
    }
    List<String> without = new ArrayList<>();
    for (String name : packages) {
      if (!OURS.contain(name + ".package-info")) {
        without.add(name);
      }
    }

    assertThat(without).isEmpty();
  }

  @Test
  void testsDoNotSleepEither() throws IOException {
    Pattern sleep = Pattern.compile("\\b(Thread|TimeUnit\\.\\w+|[A-Z]+)\\.sleep\\(");

    assertThat(sources("src/test/java"))
        .filteredOn(file -> sleep.matcher(text(file)).find())
        .isEmpty();
  }

  @Test
  void filesStayShortEnoughToRead() throws IOException {
    assertThat(sources("src/main/java"))
        .filteredOn(file -> !TOO_LONG.contains(file.getFileName().toString()))
        .filteredOn(file -> text(file).lines().count() > 500)
        .isEmpty();
  }

  private static List<Path> sources(String kind) throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : MODULES) {
      Path root = Path.of("..", module, kind);
      if (Files.isDirectory(root)) {
        try (Stream<Path> files = Files.walk(root)) {
          files.filter(f -> f.toString().endsWith(".java")).forEach(sources::add);
        }
      }
    }
    assertThat(sources).isNotEmpty();
    return sources;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String packageOf(String module) {
    return "dev.hongyan." + (module.equals("token-service") ? "token" : module);
  }
}

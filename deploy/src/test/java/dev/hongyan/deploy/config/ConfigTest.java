package dev.hongyan.deploy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hongyan.observability.logging.LogOptions;
import dev.hongyan.tenant.secret.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTest {
  private static final String KEY_256 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

  @TempDir Path folder;

  @Test
  void nothingNeedsToBeSet() throws Exception {
    Config config = Config.read(null, Map.of("PATH", "/bin", "HOME", "/root"));

    assertThat(config.http()).isEqualTo(new Config.Http("0.0.0.0", 8080, 1 << 20));
    assertThat(config.management()).isEqualTo(new Config.Management("127.0.0.1", 9090));
    assertThat(config.store().redis()).isEmpty();
    assertThat(config.store().fsync()).isEqualTo(Config.Fsync.ALWAYS);
    assertThat(config.retention()).isEqualTo(new Config.Retention(Duration.ofHours(72), 1_000_000));
    assertThat(config.websocket().maxFrameBytes()).isEqualTo(65_536);
    assertThat(config.log().format()).isEqualTo(LogOptions.Format.JSON);
    assertThat(config.tracing()).isEqualTo(new Config.Tracing(null, 0.1));
    assertThat(config.masterKey()).isNull();
    assertThat(config.tenants().dir()).isNull();
  }

  @Test
  void everyDefaultIsOfItsOwnKind() {
    for (Key<?> key : Keys.all()) {
      if (!key.byDefault().isEmpty()) {
        assertThat((Object) key.kind().parse().apply(key.byDefault())).isNotNull();
      }
    }
  }

  @Test
  void theEnvironmentWinsOverTheFile() throws Exception {
    Path file =
        file(
            """
            http: { port: 1111, host: 10.0.0.1 }
            wechat:
              apiHosts:
                - https://a.example
                - https://b.example
            retention.age: 5m
            log:
            store: {}
            """);

    Config config = Config.read(file, Map.of("HONGYAN_HTTP_PORT", "0"));

    assertThat(config.http().port()).isZero();
    assertThat(config.http().host()).isEqualTo("10.0.0.1");
    assertThat(config.retention().age()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.wechat().apiHosts())
        .containsExactly(URI.create("https://a.example"), URI.create("https://b.example"));
  }

  @ParameterizedTest
  @CsvSource({"HONGYAN_WECHAT_API_HOSTS", "HONGYAN_WECHAT_APIHOSTS"})
  void wordsOfANameMayBeSplitOrNot(String variable) throws Exception {
    Config config =
        Config.read(null, Map.of(variable, "http://127.0.0.1:9000, https://b.example/"));

    assertThat(config.wechat().apiHosts())
        .containsExactly(URI.create("http://127.0.0.1:9000"), URI.create("https://b.example/"));
  }

  @Test
  void everyKeyHasAVariableOfItsOwn() throws Exception {
    assertThat(Keys.all().stream().map(Key::variable)).doesNotHaveDuplicates();
    assertThat(Keys.all().stream().map(Key::shortVariable)).doesNotHaveDuplicates();
    assertThat(Keys.all().stream().map(Key::variable))
        .contains(
            "HONGYAN_OPERATOR_KEY", "HONGYAN_MASTER_KEY", "HONGYAN_DESTINATIONS_ALLOW_PRIVATE");

    Config config = Config.read(null, Map.of("HONGYAN_OPERATOR_KEY", "0123456789abcdef"));
    assertThat(config.operatorKey()).isEqualTo(Secret.of("0123456789abcdef"));
  }

  @Test
  void allMistakesAreReportedAtOnceEachWithKeyValueAndExpectation() throws Exception {
    Path file =
        file(
            """
            http:
              port: eighty
              prt: 80
            websocket: 5
            retention:
              age: 3 weeks
              messages: 10
            nothing: { like: that }
            log:
              level: LOUD
            http.host: "a b"
            """);

    ConfigException wrong =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                Config.read(
                    file,
                    Map.of(
                        "HONGYAN_MANAGMENT_PORT", "1",
                        "HONGYAN_WECHAT_API_HOSTS", "api.weixin.qq.com",
                        "HONGYAN_CLUSTER_ENABLED", "yes",
                        "HONGYAN_TRACING_RATIO", "1.5",
                        "HONGYAN_OPERATOR_KEY", "tooshort!",
                        "HONGYAN_MASTER_KEY", "c2VjcmV0")));

    assertThat(wrong.problems())
        .containsExactlyInAnyOrder(
            "hongyan.yaml line 3: unknown key http.prt; did you mean http.port?",
            "hongyan.yaml line 4: unknown key websocket; see docs/guide/configuration.md",
            "hongyan.yaml line 8: unknown key nothing; see docs/guide/configuration.md",
            "environment: unknown key HONGYAN_MANAGMENT_PORT; did you mean HONGYAN_MANAGEMENT_PORT?",
            "hongyan.yaml line 2: http.port: \"eighty\" is not a port from 1 to 65535, or 0 for any"
                + " free one",
            "hongyan.yaml line 11: http.host: \"a b\" is not a host name or address",
            "hongyan.yaml line 6: retention.age: \"3 weeks\" is not a time like 250ms, 5s, 10m, 72h"
                + " or 7d, from 1m to 365d",
            "hongyan.yaml line 7: retention.messages: \"10\" is not a whole number from 1000 to"
                + " 1000000000",
            "hongyan.yaml line 10: log.level: \"LOUD\" is not one of trace, debug, info, warn,"
                + " error",
            "environment HONGYAN_WECHAT_API_HOSTS: wechat.apiHosts: \"api.weixin.qq.com\" is not one"
                + " or more base URLs like https://host or http://host:port, without path or query",
            "environment HONGYAN_CLUSTER_ENABLED: cluster.enabled: \"yes\" is not true or false",
            "environment HONGYAN_TRACING_RATIO: tracing.ratio: \"1.5\" is not a share like 0.1, from"
                + " 0 to 1",
            "environment HONGYAN_OPERATOR_KEY: operatorKey: the value (not shown) is not a secret of"
                + " at least 16 printable characters",
            "environment HONGYAN_MASTER_KEY: masterKey: the value (not shown) is not base64 of 32"
                + " bytes (as `openssl rand -base64 32` makes it)");
    assertThat(wrong.getMessage()).doesNotContain("tooshort", "c2VjcmV0");
  }

  @Test
  void keysThatContradictEachOtherAreRefused() {
    ConfigException wrong =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                Config.read(
                    null,
                    Map.of(
                        "HONGYAN_HTTP_PORT", "7000",
                        "HONGYAN_MANAGEMENT_PORT", "7000",
                        "HONGYAN_CLUSTER_ENABLED", "true",
                        "HONGYAN_MASTER_KEY", KEY_256,
                        "HONGYAN_MASTER_KEY_FILE", "/run/key")));

    assertThat(wrong.problems())
        .containsExactly(
            "http.port and management.port are both 7000; expected are two",
            "masterKey and masterKeyFile are both set; expected is one of them",
            "cluster.enabled is true but store.redis is empty; expected is a store that all nodes"
                + " share");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis://localhost|1",
        "redis://:pw@h:6379/1|1",
        "unix:///run/redis.sock|1",
        "sentinel://a:1,b:2/main|1",
        "redis://a:1,redis://b:2|2",
      })
  void addressesOfAStoreAreUnderstood(String value, int addresses) throws Exception {
    Config config = Config.read(null, Map.of("HONGYAN_STORE_REDIS", value));

    assertThat(config.store().redis()).hasSize(addresses);
    assertThat(config.toString()).doesNotContain(value);
  }

  @ParameterizedTest
  @CsvSource({"localhost:6379", "http://h", "redis://"})
  void otherAddressesAreRefused(String value) {
    ConfigException wrong =
        catchThrowableOfType(
            ConfigException.class, () -> Config.read(null, Map.of("HONGYAN_STORE_REDIS", value)));

    assertThat(wrong.problems()).hasSize(1);
    assertThat(wrong.getMessage()).contains("store.redis").doesNotContain("\"" + value + "\"");
  }

  @Test
  void secretsAreHiddenWhenTheConfigurationIsPrinted() throws Exception {
    Config config =
        Config.read(
            null,
            Map.of("HONGYAN_OPERATOR_KEY", "0123456789abcdef", "HONGYAN_MASTER_KEY", KEY_256));

    assertThat(config.toString()).doesNotContain("0123456789abcdef", KEY_256).contains("***");
  }

  @Test
  void aFileThatIsNotThereOrNotYamlIsToldInOneLine() throws Exception {
    assertThat(problems(folder.resolve("none.yaml")))
        .containsExactly(folder.resolve("none.yaml") + ": no such file");
    assertThat(problems(file("http:\n  port: [1\n")))
        .singleElement()
        .asString()
        .startsWith("hongyan.yaml line ")
        .contains("not YAML");
    assertThat(problems(file("just words")))
        .singleElement()
        .asString()
        .endsWith("expected is a mapping of keys to values");
    assertThat(problems(file("http: {port: 1}\nhttp.port: 2\n")))
        .containsExactly("hongyan.yaml line 2: http.port is set twice");
    assertThat(Config.read(file(""), Map.of()).http().port()).isEqualTo(8080);
  }

  private static List<String> problems(Path file) {
    return catchThrowableOfType(ConfigException.class, () -> Config.read(file, Map.of()))
        .problems();
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("hongyan.yaml"), text);
  }
}

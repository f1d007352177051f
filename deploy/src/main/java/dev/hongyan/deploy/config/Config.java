package dev.hongyan.deploy.config;

import dev.hongyan.observability.logging.LogOptions;
import dev.hongyan.tenant.secret.MasterKeyFile;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.http.ClientAuth;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator can set, checked. Meanings, forms and defaults of all keys are in {@code
 * docs/guide/configuration.md}, which is made from the same catalogue.
 *
 * @param tls of the public port; null: plain HTTP
 * @param managementTls of the management port; null: plain HTTP
 * @param operatorKey the key that may do everything, 16 printable characters or more; null: made at
 *     the first start
 * @param masterKey base64 of the 32 bytes that seal secrets; null: from {@code masterKeyFile}
 * @param masterKeyFile file with one or several of them; null: {@code store.dir/master.key}, made
 *     when absent
 */
public record Config(
    Http http,
    Management management,
    Store store,
    Spool spool,
    Upstream wechat,
    Upstream wecom,
    Destinations destinations,
    Retention retention,
    WebSocket websocket,
    Tenants tenants,
    Quotas quotas,
    Cluster cluster,
    Tracing tracing,
    Log log,
    @Nullable Tls tls,
    @Nullable Tls managementTls,
    @Nullable Secret operatorKey,
    @Nullable Secret masterKey,
    @Nullable Path masterKeyFile) {

  /**
   * The public port.
   *
   * @param host default 0.0.0.0
   * @param port default 8080; 0 takes any free one
   * @param maxBodyBytes default 1 MiB; from 1 KiB to 64 MiB
   */
  public record Http(String host, int port, int maxBodyBytes) {}

  /**
   * The port of metrics and health.
   *
   * @param host default 127.0.0.1, for it has no login
   * @param port default 9090; 0 takes any free one
   */
  public record Management(String host, int port) {}

  /**
   * The store.
   *
   * @param redis addresses, default none: an embedded Redis; may hold a password and is not printed
   * @param dir default {@code .hongyan} in the working directory
   * @param fsync default always; for the embedded Redis only
   */
  public record Store(List<String> redis, Path dir, Fsync fsync) {
    public Store {
      redis = List.copyOf(redis);
    }

    @Override
    public String toString() {
      return "Store[redis=" + (redis.isEmpty() ? "embedded" : "***") + ", dir=" + dir + "]";
    }
  }

  /** When the embedded Redis writes through to the disk. */
  public enum Fsync {
    ALWAYS,
    EVERYSEC
  }

  /**
   * Where pushes go while the store is away.
   *
   * @param enabled default true
   * @param dir null: {@code store.dir/spool}
   * @param maxBytes default 1 GiB; from 1 MiB to 1024 GiB
   */
  public record Spool(boolean enabled, @Nullable Path dir, long maxBytes) {}

  /**
   * Where an API of WeChat is.
   *
   * @param apiHosts base URLs, at least one, the preferred one first
   */
  public record Upstream(List<URI> apiHosts) {
    public Upstream {
      apiHosts = List.copyOf(apiHosts);
    }
  }

  /**
   * HTTP destinations.
   *
   * @param allowPrivate default false: private, loopback and link-local addresses are refused
   */
  public record Destinations(boolean allowPrivate) {}

  /**
   * What is kept for tenants that do not say.
   *
   * @param age default 72 h; from a minute to 365 days
   * @param messages default 1,000,000; from 1,000
   */
  public record Retention(Duration age, int messages) {}

  /**
   * Limits of WebSocket sessions.
   *
   * @param maxFrameBytes largest frame from a client; default 64 KiB; from 4 KiB to 1 MiB
   * @param compression default false
   * @param maxSessions of this node; default 100,000
   */
  public record WebSocket(int maxFrameBytes, boolean compression, int maxSessions) {}

  /**
   * Tenants from files.
   *
   * @param dir a watched folder; null: none
   * @param prune default false: a tenant stays when its file goes
   */
  public record Tenants(@Nullable Path dir, boolean prune) {}

  /**
   * What every tenant may use that does not say; everywhere 0, the default, is no bound.
   *
   * @param webhook pushes a second that go to consumers
   * @param publish messages a second
   * @param publishBytes bytes of them a second
   * @param admin calls a second
   * @param wxapi calls to WeChat a second
   * @param connect connections a second
   * @param sessions at a time
   * @param storageMessages in the log
   * @param storageBytes of the log
   * @param destinations at a time
   * @param pendingTimers at a time
   */
  public record Quotas(
      int webhook,
      int publish,
      long publishBytes,
      int admin,
      int wxapi,
      int connect,
      int sessions,
      int storageMessages,
      long storageBytes,
      int destinations,
      int pendingTimers) {}

  /**
   * Several nodes on one store.
   *
   * @param enabled default false
   * @param host address of this node for the others; null: found out
   * @param port default 5701
   * @param peers some nodes to find the others by; default none
   */
  public record Cluster(boolean enabled, @Nullable String host, int port, List<String> peers) {
    public Cluster {
      peers = List.copyOf(peers);
    }
  }

  /**
   * Traces.
   *
   * @param otlp collector; null: none are sent
   * @param ratio of the traces to keep, default 0.1; from 0 to 1
   */
  public record Tracing(@Nullable URI otlp, double ratio) {}

  /**
   * Logs.
   *
   * @param level default info
   * @param format default json
   * @param payloads default false: openids are masked
   */
  public record Log(LogOptions.Level level, LogOptions.Format format, boolean payloads) {}

  /** Where the master keys are written down, unless {@link #masterKey} is set. */
  public MasterKeyFile masterKeys() {
    return MasterKeyFile.at(masterKeyFile, store.dir().toAbsolutePath());
  }

  /**
   * Reads and checks everything.
   *
   * @param file the configuration file, or null for none
   * @param environment all variables; those that begin with {@code HONGYAN_} are ours and win over
   *     the file
   * @throws ConfigException with every problem at once
   */
  public static Config read(@Nullable Path file, Map<String, String> environment)
      throws ConfigException {
    Settings settings = new Settings();
    if (file != null) {
      settings.addFile(file);
    }
    settings.addEnvironment(environment);
    Config config = build(settings);
    check(config, settings);
    if (!settings.problems().isEmpty()) {
      throw new ConfigException(settings.problems());
    }
    return config;
  }

  private static Config build(Settings s) {
    return new Config(
        new Http(
            s.require(Keys.HTTP_HOST), s.require(Keys.HTTP_PORT), s.require(Keys.HTTP_MAX_BODY)),
        new Management(s.require(Keys.MANAGEMENT_HOST), s.require(Keys.MANAGEMENT_PORT)),
        new Store(
            orEmpty(s.get(Keys.STORE_REDIS)),
            s.require(Keys.STORE_DIR),
            s.require(Keys.STORE_FSYNC)),
        new Spool(
            s.require(Keys.SPOOL_ENABLED), s.get(Keys.SPOOL_DIR), s.require(Keys.SPOOL_MAX_BYTES)),
        new Upstream(s.require(Keys.WECHAT_API_HOSTS)),
        new Upstream(s.require(Keys.WECOM_API_HOSTS)),
        new Destinations(s.require(Keys.DESTINATIONS_ALLOW_PRIVATE)),
        new Retention(s.require(Keys.RETENTION_AGE), s.require(Keys.RETENTION_MESSAGES)),
        new WebSocket(
            s.require(Keys.WEBSOCKET_MAX_FRAME),
            s.require(Keys.WEBSOCKET_COMPRESSION),
            s.require(Keys.WEBSOCKET_MAX_SESSIONS)),
        new Tenants(s.get(Keys.TENANTS_DIR), s.require(Keys.TENANTS_PRUNE)),
        new Quotas(
            s.require(Keys.QUOTAS_WEBHOOK),
            s.require(Keys.QUOTAS_PUBLISH),
            s.require(Keys.QUOTAS_PUBLISH_BYTES),
            s.require(Keys.QUOTAS_ADMIN),
            s.require(Keys.QUOTAS_WXAPI),
            s.require(Keys.QUOTAS_CONNECT),
            s.require(Keys.QUOTAS_SESSIONS),
            s.require(Keys.QUOTAS_STORAGE_MESSAGES),
            s.require(Keys.QUOTAS_STORAGE_BYTES),
            s.require(Keys.QUOTAS_DESTINATIONS),
            s.require(Keys.QUOTAS_TIMERS)),
        new Cluster(
            s.require(Keys.CLUSTER_ENABLED),
            s.get(Keys.CLUSTER_HOST),
            s.require(Keys.CLUSTER_PORT),
            orEmpty(s.get(Keys.CLUSTER_PEERS))),
        new Tracing(s.get(Keys.TRACING_OTLP), s.require(Keys.TRACING_RATIO)),
        new Log(
            s.require(Keys.LOG_LEVEL), s.require(Keys.LOG_FORMAT), s.require(Keys.LOG_PAYLOADS)),
        tls(
            s,
            "tls",
            Keys.TLS_CERTIFICATE,
            Keys.TLS_KEY,
            Keys.TLS_CLIENT_CA,
            s.require(Keys.TLS_CLIENT_AUTH),
            s.require(Keys.TLS_MIN_VERSION)),
        tls(
            s,
            "management.tls",
            Keys.MANAGEMENT_TLS_CERTIFICATE,
            Keys.MANAGEMENT_TLS_KEY,
            Keys.MANAGEMENT_TLS_CLIENT_CA,
            s.require(Keys.MANAGEMENT_TLS_CLIENT_AUTH),
            s.require(Keys.MANAGEMENT_TLS_MIN_VERSION)),
        s.get(Keys.OPERATOR_KEY),
        s.get(Keys.MASTER_KEY),
        s.get(Keys.MASTER_KEY_FILE));
  }

  /** Looks into the files too, so that their mistakes are told with all others. */
  private static @Nullable Tls tls(
      Settings s,
      String prefix,
      Key<Path> certificateKey,
      Key<Path> keyKey,
      Key<Path> clientCaKey,
      ClientAuth clientAuth,
      String minVersion) {
    Path certificate = s.get(certificateKey);
    Path key = s.get(keyKey);
    Path clientCa = s.get(clientCaKey);
    if (certificate == null && key == null) {
      if (clientCa != null || clientAuth != ClientAuth.NONE) {
        s.complain(
            prefix + ".clientCa or .clientAuth is set, but " + prefix + ".certificate is not");
      }
      return null;
    }
    if (certificate == null || key == null) {
      s.complain(
          certificateKey.name() + " and " + keyKey.name() + ": one is set; expected are both");
      return null;
    }
    if (clientCa == null && clientAuth != ClientAuth.NONE) {
      s.complain(prefix + ".clientAuth needs " + prefix + ".clientCa");
    }
    Tls tls = new Tls(prefix, certificate, key, clientCa, clientAuth, minVersion);
    try {
      var unused = tls.load();
    } catch (IOException e) {
      String.valueOf(e.getMessage()).lines().forEach(s::complain);
    }
    return tls;
  }

  private static List<String> orEmpty(@Nullable List<String> list) {
    return list == null ? List.of() : list;
  }

  /** What no single key can know. */
  private static void check(Config config, Settings settings) {
    int port = config.http().port();
    if (port != 0 && port == config.management().port()) {
      settings.complain("http.port and management.port are both " + port + "; expected are two");
    }
    if (settings.isSet(Keys.MASTER_KEY) && settings.isSet(Keys.MASTER_KEY_FILE)) {
      settings.complain("masterKey and masterKeyFile are both set; expected is one of them");
    }
    if (config.cluster().enabled() && !settings.isSet(Keys.STORE_REDIS)) {
      settings.complain(
          "cluster.enabled is true but store.redis is empty; expected is a store that all nodes"
              + " share");
    }
    if (!config.cluster().enabled() && settings.isSet(Keys.CLUSTER_PEERS)) {
      settings.complain("cluster.peers is set but cluster.enabled is false");
    }
  }
}

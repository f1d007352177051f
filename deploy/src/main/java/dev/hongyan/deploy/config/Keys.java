package dev.hongyan.deploy.config;

import dev.hongyan.observability.logging.LogOptions;
import dev.hongyan.tenant.secret.Secret;
import io.vertx.core.http.ClientAuth;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Every key there is, in the order of the guide. */
final class Keys {
  static final String PREFIX = "HONGYAN_";

  private static final List<Key<?>> ALL = new ArrayList<>();

  static final Key<String> HTTP_HOST =
      key("http.host", Kind.host(), "0.0.0.0", "Address on which the public port listens.");
  static final Key<Integer> HTTP_PORT =
      key(
          "http.port",
          Kind.port(),
          "8080",
          "The public port: webhooks, WebSocket, proxy, admin API, console.");
  static final Key<Integer> HTTP_MAX_BODY =
      key(
          "http.maxBody",
          Kind.size(1 << 10, 64 << 20),
          "1MiB",
          "Largest request body that is read; more is answered 413.");
  static final Key<String> MANAGEMENT_HOST =
      key(
          "management.host",
          Kind.host(),
          "127.0.0.1",
          "Address of the management port. It asks for no login: leave it on loopback, or open it"
              + " only to the network of your monitoring.");
  static final Key<Integer> MANAGEMENT_PORT =
      key("management.port", Kind.port(), "9090", "Metrics, health, liveness, readiness.");
  static final Key<Path> TLS_CERTIFICATE =
      key(
          "tls.certificate",
          Kind.path(),
          "",
          "PEM file with the certificate of the public port, then those that vouch for it. Read"
              + " again when it changes. Without it the port speaks plain HTTP.");
  static final Key<Path> TLS_KEY =
      key("tls.key", Kind.path(), "", "PEM file with its private key, without a password.");
  static final Key<Path> TLS_CLIENT_CA =
      key(
          "tls.clientCa",
          Kind.path(),
          "",
          "PEM file with those who vouch for clients' certificates.");
  static final Key<ClientAuth> TLS_CLIENT_AUTH =
      key(
          "tls.clientAuth",
          Kind.word(ClientAuth.class),
          "none",
          "Whether clients show a certificate. `required` also keeps out WeChat and browsers.");
  static final Key<String> TLS_MIN_VERSION =
      key("tls.minVersion", Kind.oneOf("1.2", "1.3"), "1.2", "The oldest TLS that is spoken.");
  static final Key<Path> MANAGEMENT_TLS_CERTIFICATE =
      key(
          "management.tls.certificate",
          Kind.path(),
          "",
          "The same for the management port; without it that speaks plain HTTP.");
  static final Key<Path> MANAGEMENT_TLS_KEY =
      key("management.tls.key", Kind.path(), "", "Its private key.");
  static final Key<Path> MANAGEMENT_TLS_CLIENT_CA =
      key("management.tls.clientCa", Kind.path(), "", "Who vouches for its clients.");
  static final Key<ClientAuth> MANAGEMENT_TLS_CLIENT_AUTH =
      key(
          "management.tls.clientAuth",
          Kind.word(ClientAuth.class),
          "none",
          "Whether its clients show a certificate.");
  static final Key<String> MANAGEMENT_TLS_MIN_VERSION =
      key(
          "management.tls.minVersion",
          Kind.oneOf("1.2", "1.3"),
          "1.2",
          "The oldest TLS that it speaks.");
  static final Key<List<String>> STORE_REDIS =
      secret(
          "store.redis",
          Kind.storeAddresses(),
          "",
          "Address of the store. Empty starts a Redis of our own in `store.dir`, which is right for"
              + " one machine.");
  static final Key<Path> STORE_DIR =
      key(
          "store.dir",
          Kind.path(),
          ".hongyan",
          "Folder for everything this node keeps: the data of the embedded Redis, the generated"
              + " master key.");
  static final Key<Config.Fsync> STORE_FSYNC =
      key(
          "store.fsync",
          Kind.word(Config.Fsync.class),
          "always",
          "When the embedded Redis writes through to the disk. `everysec` is a little faster and"
              + " loses up to a second of accepted messages at power loss.");
  static final Key<Boolean> SPOOL_ENABLED =
      key(
          "spool.enabled",
          Kind.flag(),
          "true",
          "Whether pushes are kept on this node's disk while the store is away. Otherwise they are"
              + " answered 503 then.");
  static final Key<Path> SPOOL_DIR =
      key("spool.dir", Kind.path(), "", "Folder for that; empty is `spool` in `store.dir`.");
  static final Key<Long> SPOOL_MAX_BYTES =
      key(
          "spool.maxBytes",
          Kind.bytes(1 << 20, 1L << 40),
          "1GiB",
          "What all of it may take; at that pushes are answered 503.");
  static final Key<List<URI>> WECHAT_API_HOSTS =
      key(
          "wechat.apiHosts",
          Kind.baseUrls(),
          "https://api.weixin.qq.com,https://api2.weixin.qq.com",
          "WeChat's API, the preferred host first; the others are used when it fails.");
  static final Key<List<URI>> WECOM_API_HOSTS =
      key(
          "wecom.apiHosts",
          Kind.baseUrls(),
          "https://qyapi.weixin.qq.com",
          "WeCom's API, likewise.");
  static final Key<Boolean> DESTINATIONS_ALLOW_PRIVATE =
      key(
          "destinations.allowPrivate",
          Kind.flag(),
          "false",
          "Whether tenants' HTTP destinations may be on private, loopback or link-local addresses."
              + " Only where you trust every tenant.");
  static final Key<Duration> RETENTION_AGE =
      key(
          "retention.age",
          Kind.span(Duration.ofMinutes(1), Duration.ofDays(365)),
          "72h",
          "How long a tenant's messages can be replayed, unless the tenant says otherwise.");
  static final Key<Integer> RETENTION_MESSAGES =
      key(
          "retention.messages",
          Kind.number(1000, 1_000_000_000),
          "1000000",
          "How many messages of a tenant are kept at most, unless the tenant says otherwise.");
  static final Key<Integer> WEBSOCKET_MAX_FRAME =
      key(
          "websocket.maxFrame",
          Kind.size(4 << 10, 1 << 20),
          "64KiB",
          "Largest frame that a client may send.");
  static final Key<Boolean> WEBSOCKET_COMPRESSION =
      key(
          "websocket.compression",
          Kind.flag(),
          "false",
          "Whether permessage-deflate is offered: less traffic for more CPU and about 300 KiB of"
              + " memory a session.");
  static final Key<Integer> WEBSOCKET_MAX_SESSIONS =
      key(
          "websocket.maxSessions",
          Kind.number(1, 10_000_000),
          "100000",
          "Sessions of this node; one more is closed with 4100.");
  static final Key<Secret> OPERATOR_KEY =
      secret(
          "operatorKey",
          Kind.secret(16),
          "",
          "The key that may do everything. Without it one is made at the first start and printed"
              + " once.");
  static final Key<Secret> MASTER_KEY =
      secret(
          "masterKey",
          Kind.key256(),
          "",
          "Seals the secrets in the store. Without it, and without `masterKeyFile`, one is made in"
              + " `store.dir` (mode 0600). Keep a copy: nobody can open the secrets without it.");
  static final Key<Path> MASTER_KEY_FILE =
      key(
          "masterKeyFile",
          Kind.path(),
          "",
          "File that holds the master key, e.g. a mounted secret; or several, one a line, of which"
              + " the first seals.");
  static final Key<Path> TENANTS_DIR =
      key(
          "tenants.dir",
          Kind.path(),
          "",
          "A watched folder of YAML files, one tenant each, in the shape of the admin API.");
  static final Key<Boolean> TENANTS_PRUNE =
      key(
          "tenants.prune",
          Kind.flag(),
          "false",
          "Whether a tenant goes, with all its data, when its file goes.");
  static final Key<Integer> QUOTAS_WEBHOOK =
      key(
          "quotas.webhookPerSecond",
          Kind.number(0, 2_000_000_000),
          "0",
          "Pushes of WeChat a second that go to a tenant's destinations and handlers; more of them wait in the log. They are never refused. Here and below 0 is no bound, and a tenant's own quotas come first.");
  static final Key<Integer> QUOTAS_PUBLISH =
      key(
          "quotas.publishPerSecond",
          Kind.number(0, 2_000_000_000),
          "0",
          "Messages a second that a tenant may publish, by API and WebSocket together.");
  static final Key<Long> QUOTAS_PUBLISH_BYTES =
      key(
          "quotas.publishBytesPerSecond",
          Kind.bytes(0, 1L << 40),
          "0",
          "Bytes a second of what a tenant publishes, as envelopes.");
  static final Key<Integer> QUOTAS_ADMIN =
      key(
          "quotas.adminPerSecond",
          Kind.number(0, 2_000_000_000),
          "0",
          "Calls of the admin API a second with keys of one tenant.");
  static final Key<Integer> QUOTAS_WXAPI =
      key(
          "quotas.wxapiPerSecond",
          Kind.number(0, 2_000_000_000),
          "0",
          "Calls a second that the proxy passes on to WeChat for a tenant.");
  static final Key<Integer> QUOTAS_CONNECT =
      key(
          "quotas.connectPerSecond",
          Kind.number(0, 2_000_000_000),
          "0",
          "WebSocket connections, streams and polls a second that a tenant's clients may open.");
  static final Key<Integer> QUOTAS_SESSIONS =
      key(
          "quotas.sessions",
          Kind.number(0, 2_000_000_000),
          "0",
          "Open sessions and streams of a tenant.");
  static final Key<Integer> QUOTAS_STORAGE_MESSAGES =
      key(
          "quotas.storageMessages",
          Kind.number(0, 2_000_000_000),
          "0",
          "Messages in a tenant's log at which it may publish no more.");
  static final Key<Long> QUOTAS_STORAGE_BYTES =
      key(
          "quotas.storageBytes",
          Kind.bytes(0, 1L << 40),
          "0",
          "Bytes that a tenant's log may take in the store, likewise.");
  static final Key<Integer> QUOTAS_DESTINATIONS =
      key(
          "quotas.destinations",
          Kind.number(0, 2_000_000_000),
          "0",
          "HTTP destinations of a tenant.");
  static final Key<Integer> QUOTAS_TIMERS =
      key(
          "quotas.pendingTimers",
          Kind.number(0, 2_000_000_000),
          "0",
          "Delayed messages of a tenant that wait.");
  static final Key<Boolean> CLUSTER_ENABLED =
      key(
          "cluster.enabled",
          Kind.flag(),
          "false",
          "Whether this node works together with others on one store; needs `store.redis`.");
  static final Key<String> CLUSTER_HOST =
      key("cluster.host", Kind.host(), "", "Address under which the other nodes reach this one.");
  static final Key<Integer> CLUSTER_PORT =
      key("cluster.port", Kind.port(), "5701", "Port between the nodes.");
  static final Key<List<String>> CLUSTER_PEERS =
      key("cluster.peers", Kind.hosts(), "", "Some nodes to find the others by.");
  static final Key<URI> TRACING_OTLP =
      key(
          "tracing.otlp",
          Kind.url(),
          "",
          "OpenTelemetry collector that traces are sent to, by OTLP over HTTP; without a path,"
              + " `/v1/traces` there. Empty sends none.");
  static final Key<Double> TRACING_RATIO =
      key(
          "tracing.ratio",
          Kind.share(),
          "0.1",
          "Share of the traces that are kept, the same ones on every node with the same share.");
  static final Key<LogOptions.Level> LOG_LEVEL =
      key("log.level", Kind.word(LogOptions.Level.class), "info", "The least severe level to log.");
  static final Key<LogOptions.Format> LOG_FORMAT =
      key(
          "log.format",
          Kind.word(LogOptions.Format.class),
          "json",
          "One JSON object a line, or text for a person at a terminal.");
  static final Key<Boolean> LOG_PAYLOADS =
      key(
          "log.payloads",
          Kind.flag(),
          "false",
          "Whether openids and message text may appear in logs. For the desk only.");

  private Keys() {}

  static List<Key<?>> all() {
    return Collections.unmodifiableList(ALL);
  }

  private static <T> Key<T> key(String name, Kind<T> kind, String byDefault, String meaning) {
    return add(new Key<>(name, kind, byDefault, false, meaning));
  }

  private static <T> Key<T> secret(String name, Kind<T> kind, String byDefault, String meaning) {
    return add(new Key<>(name, kind, byDefault, true, meaning));
  }

  private static <T> Key<T> add(Key<T> key) {
    ALL.add(key);
    return key;
  }
}

package dev.hongyan.tenant.folder;

import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantJson;
import dev.hongyan.tenant.routing.RoutingRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of the folder as it was last seen.
 *
 * @param size in bytes
 * @param modifiedMillis time of the last change
 * @param hash of its bytes
 * @param tenant what it says; null when it is broken
 * @param tenantId the tenant it last named; null when it was broken from the start
 * @param faults what is wrong with it
 */
record TenantFile(
    long size,
    long modifiedMillis,
    String hash,
    @Nullable Tenant tenant,
    @Nullable String tenantId,
    List<Fault> faults) {
  private static final long SIZE_MAX = 1024 * 1024;

  private static final long FRESH_MILLIS = 2_000;

  /** Part of the hash: a new way to read files reads them all again. */
  private static final String FORMAT = "2:";

  /**
   * Something wrong in a file.
   *
   * @param file its name
   * @param line from 1
   * @param message what is expected; never repeats a value
   */
  public record Fault(String file, int line, String message) {
    @Override
    public String toString() {
      return file + ":" + line + ": " + message;
    }
  }

  /**
   * Looks at a file; hands back {@code before} when it has not changed. Blocking.
   *
   * @param rules asked on this thread
   * @param wallMillis now; a file that was touched in the last two seconds is read again, because
   *     its time stamp cannot tell two changes of one moment apart
   */
  static TenantFile look(
      Path path, @Nullable TenantFile before, RoutingRules rules, long wallMillis)
      throws IOException {
    BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
    long modified = now.lastModifiedTime().toMillis();
    if (before != null
        && before.size == now.size()
        && before.modifiedMillis == modified
        && wallMillis - modified > FRESH_MILLIS) {
      return before;
    }
    String name = path.getFileName().toString();
    if (now.size() > SIZE_MAX) {
      return broken(name, now.size(), modified, "", 1, "is larger than 1 MiB", before);
    }
    byte[] text = Files.readAllBytes(path);
    String hash = hash(text);
    if (before != null && before.hash.equals(hash)) {
      if (before.modifiedMillis == modified) {
        return before;
      }
      return new TenantFile(
          now.size(), modified, hash, before.tenant, before.tenantId, before.faults);
    }
    YamlTree tree;
    try {
      tree = YamlTree.parse(text);
    } catch (YamlTree.Broken e) {
      return broken(name, now.size(), modified, hash, e.line(), e.getMessage(), before);
    }
    try {
      Tenant tenant = TenantJson.file(tree.body(), rules, hash);
      return new TenantFile(now.size(), modified, hash, tenant, tenant.id(), List.of());
    } catch (ProblemException e) {
      return new TenantFile(
          now.size(),
          modified,
          hash,
          null,
          before == null ? null : before.tenantId,
          e.errors().stream()
              .map(f -> new Fault(name, tree.lineOf(f.field()), f.field() + " " + f.message()))
              .toList());
    }
  }

  /** The same file without the parsed tenant, which the directory holds. */
  TenantFile settled() {
    return tenant == null
        ? this
        : new TenantFile(size, modifiedMillis, hash, null, tenantId, faults);
  }

  boolean isBroken() {
    return !faults.isEmpty();
  }

  private static TenantFile broken(
      String name,
      long size,
      long modified,
      String hash,
      int line,
      @Nullable String message,
      @Nullable TenantFile before) {
    return new TenantFile(
        size,
        modified,
        hash,
        null,
        before == null ? null : before.tenantId,
        List.of(new Fault(name, line, String.valueOf(message))));
  }

  private static String hash(byte[] text) {
    try {
      return FORMAT
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

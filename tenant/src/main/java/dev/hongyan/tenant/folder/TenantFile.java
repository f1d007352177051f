package dev.hongyan.tenant.folder;

import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantJson;
import dev.hongyan.tenant.routing.RoutingRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of the folder as it was last seen.
 *
 * @param size in bytes
 * @param modifiedMillis time of the last change
 * @param place what the file system knows it by; a swapped link leads to another one
 * @param hash of its bytes, and of the secrets that it refers to
 * @param refers whether it refers to any
 * @param tenant what it says; null when it is broken
 * @param tenantId the tenant it last named; null when it was broken from the start
 * @param faults what is wrong with it
 */
record TenantFile(
    long size,
    long modifiedMillis,
    @Nullable Object place,
    String hash,
    boolean refers,
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
   * @param secrets looks up what it refers to
   * @param wallMillis now; a file that was touched in the last two seconds is read again, because
   *     its time stamp cannot tell two changes of one moment apart
   */
  static TenantFile look(
      Path path,
      @Nullable TenantFile before,
      RoutingRules rules,
      SecretReferences secrets,
      long wallMillis)
      throws IOException {
    BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
    Seen seen = new Seen(now.size(), now.lastModifiedTime().toMillis(), now.fileKey());
    if (before != null
        && seen.equals(before.seen())
        && !before.refers
        && wallMillis - seen.modifiedMillis > FRESH_MILLIS) {
      return before;
    }
    String name = path.getFileName().toString();
    if (now.size() > SIZE_MAX) {
      return broken(seen, "", before, List.of(new Fault(name, 1, "is larger than 1 MiB")));
    }
    byte[] text = Files.readAllBytes(path);
    YamlTree tree;
    String hash = hash(text, "");
    if (before != null && !before.refers && before.hash.equals(hash)) {
      return before.seenAs(seen);
    }
    try {
      tree = YamlTree.parse(text);
    } catch (YamlTree.Broken e) {
      return broken(
          seen, hash, before, List.of(new Fault(name, e.line(), String.valueOf(e.getMessage()))));
    }
    SecretReferences.Resolved resolved = secrets.resolve(text, tree.body());
    if (resolved.refers()) {
      hash = hash(text, resolved.digest());
      if (before != null && before.hash.equals(hash)) {
        return before.seenAs(seen);
      }
    }
    List<FieldError> errors = new ArrayList<>(resolved.errors());
    Tenant tenant = null;
    try {
      tenant = TenantJson.file(resolved.body(), rules, hash);
    } catch (ProblemException e) {
      // What could not be looked up was told above, and not again because it is missing.
      Set<String> told = new HashSet<>(errors.stream().map(FieldError::field).toList());
      e.errors().stream().filter(f -> !told.contains(f.field())).forEach(errors::add);
    }
    if (tenant == null || !errors.isEmpty()) {
      List<Fault> faults =
          errors.stream()
              .map(f -> new Fault(name, tree.lineOf(f.field()), f.field() + " " + f.message()))
              .toList();
      TenantFile file = broken(seen, hash, before, faults);
      return resolved.refers() ? file.referring() : file;
    }
    return new TenantFile(
        seen.size,
        seen.modifiedMillis,
        seen.place,
        hash,
        resolved.refers(),
        tenant,
        tenant.id(),
        List.of());
  }

  private record Seen(long size, long modifiedMillis, @Nullable Object place) {}

  private Seen seen() {
    return new Seen(size, modifiedMillis, place);
  }

  private TenantFile seenAs(Seen now) {
    return now.equals(seen())
        ? this
        : new TenantFile(
            now.size, now.modifiedMillis, now.place, hash, refers, tenant, tenantId, faults);
  }

  private TenantFile referring() {
    return new TenantFile(size, modifiedMillis, place, hash, true, tenant, tenantId, faults);
  }

  /** One that could not be read at all. */
  static TenantFile unreadable(String name, @Nullable TenantFile before) {
    return broken(
        new Seen(-1, -1, null), "", before, List.of(new Fault(name, 1, "cannot be read")));
  }

  /** The same file without the parsed tenant, which the directory holds. */
  TenantFile settled() {
    return tenant == null
        ? this
        : new TenantFile(size, modifiedMillis, place, hash, refers, null, tenantId, faults);
  }

  boolean isBroken() {
    return !faults.isEmpty();
  }

  private static TenantFile broken(
      Seen seen, String hash, @Nullable TenantFile before, List<Fault> faults) {
    return new TenantFile(
        seen.size,
        seen.modifiedMillis,
        seen.place,
        hash,
        false,
        null,
        before == null ? null : before.tenantId,
        faults);
  }

  private static String hash(byte[] text, String secrets) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(text);
      if (!secrets.isEmpty()) {
        digest.update(secrets.getBytes(StandardCharsets.UTF_8));
      }
      return FORMAT + HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

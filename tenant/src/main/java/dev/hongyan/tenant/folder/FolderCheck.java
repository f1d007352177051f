package dev.hongyan.tenant.folder;

import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.routing.RoutingRules;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads a folder once, as {@link TenantFolder} would, and changes nothing. Blocks. */
public final class FolderCheck {
  private FolderCheck() {}

  /**
   * What is in it.
   *
   * @param files how many there are
   * @param tenants what they say, by id
   * @param faults everything that is wrong, as {@code file:line: message}
   */
  public record Result(int files, Map<String, Tenant> tenants, List<String> faults) {}

  /**
   * Looks at every file.
   *
   * @throws IOException when there is no such folder
   */
  public static Result of(Path folder, RoutingRules rules) throws IOException {
    Map<String, TenantFile> files = new TreeMap<>();
    for (Path path : list(folder)) {
      String name = path.getFileName().toString();
      TenantFile file;
      try {
        file = TenantFile.look(path, null, rules, SecretReferences.OF_THIS_PROCESS, 0);
      } catch (IOException e) {
        file = TenantFile.unreadable(name, null);
      }
      files.put(name, file);
    }
    Map<String, Tenant> tenants = new TreeMap<>();
    Map<String, String> owner = new HashMap<>();
    List<String> faults = new ArrayList<>();
    files.forEach(
        (name, file) -> {
          file.faults().forEach(fault -> faults.add(fault.toString()));
          Tenant tenant = file.tenant();
          if (tenant == null) {
            return;
          }
          String first = owner.putIfAbsent(tenant.id(), name);
          if (first != null) {
            faults.add(name + ":1: tenant " + tenant.id() + " is in " + first + " already");
          } else {
            tenants.put(tenant.id(), tenant);
          }
        });
    return new Result(files.size(), tenants, faults);
  }

  /** The files that count. */
  static List<Path> list(Path folder) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.{yaml,yml}")) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".")) {
          paths.add(entry);
        }
      }
    }
    return paths;
  }
}

package dev.hongyan.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder with the files of many tenants, for {@code tenants.dir}. */
public final class TenantFiles {
  /** Routes of each tenant. */
  public static final int ROUTES = 10;

  private TenantFiles() {}

  /** Writes so many tenants with an account and {@value #ROUTES} routes each; gives the folder. */
  public static Path write(Setup setup, int tenants) throws IOException {
    Path folder = Files.createTempDirectory(setup.work(), "tenants-");
    for (int i = 0; i < tenants; i++) {
      Files.writeString(folder.resolve("t" + i + ".yaml"), text("t" + i, i));
    }
    return folder;
  }

  private static String text(String id, int number) {
    StringBuilder out = new StringBuilder();
    out.append("id: ").append(id).append("\nname: Tenant ").append(number);
    out.append("\naccounts:\n  - id: shop\n    kind: mp\n    appId: ");
    out.append(String.format("wx%016x", number));
    out.append("\n    token: token-").append(number).append("\n    mode: plain\nroutes:\n");
    for (int r = 0; r < ROUTES; r++) {
      out.append("  - id: r").append(r).append("\n    match: wx.mp.event.SCAN.promo_").append(r);
      out.append("\n    to: { subscription: s").append(r).append(" }\n");
    }
    return out.toString();
  }
}

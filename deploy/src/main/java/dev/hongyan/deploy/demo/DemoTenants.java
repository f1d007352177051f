package dev.hongyan.deploy.demo;

import dev.hongyan.simulator.account.SimulatedAccount;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.BodyFormat;
import dev.hongyan.wechat.push.SecurityMode;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** The two tenants of the demo, with secrets of their own, as files that a node watches. */
final class DemoTenants {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** A tenant with one account. */
  record Demo(
      String tenant,
      String name,
      String account,
      Product product,
      BodyFormat format,
      String appId,
      String token,
      String aesKey) {
    SimulatedAccount account(int port) {
      return SimulatedAccount.builder(
              product,
              appId,
              token,
              URI.create("http://127.0.0.1:" + port + "/wx/" + tenant + "/" + account))
          .mode(SecurityMode.ENCRYPTED)
          .format(format)
          .encodingAesKey(aesKey)
          .build();
    }

    String yaml() {
      return """
          id: %s
          name: %s
          accounts:
            - id: %s
              kind: %s
              appId: %s
              token: %s
              encodingAesKey: %s
              mode: encrypted
          """
          .formatted(
              tenant, name, account, product == Product.MP ? "mp" : "mini", appId, token, aesKey);
    }
  }

  private DemoTenants() {}

  /** Writes the files into {@code dir}, new secrets each time. */
  static List<Demo> write(Path dir) throws IOException {
    List<Demo> all =
        List.of(
            make("acme", "Acme 花店", "shop", Product.MP, BodyFormat.XML),
            make("bolt", "Bolt Coffee", "mini", Product.MINI, BodyFormat.JSON));
    Files.createDirectories(dir);
    for (Demo d : all) {
      Files.writeString(dir.resolve(d.tenant() + ".yaml"), d.yaml(), StandardCharsets.UTF_8);
    }
    return all;
  }

  private static Demo make(
      String tenant, String name, String account, Product product, BodyFormat format) {
    byte[] id = new byte[8];
    byte[] token = new byte[12];
    byte[] key = new byte[32];
    RANDOM.nextBytes(id);
    RANDOM.nextBytes(token);
    RANDOM.nextBytes(key);
    return new Demo(
        tenant,
        name,
        account,
        product,
        format,
        "wx" + HexFormat.of().formatHex(id),
        HexFormat.of().formatHex(token),
        Base64.getEncoder().encodeToString(key).substring(0, 43));
  }
}

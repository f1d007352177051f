package dev.hongyan.deploy.node;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The version that Maven wrote into the build. */
public final class Versions {
  private Versions() {}

  /** This program's version, or {@code unknown} when it was not built by Maven. */
  public static String own() {
    Properties properties = new Properties();
    try (InputStream in =
        Versions.class.getResourceAsStream("/dev/hongyan/deploy/version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      return "unknown";
    }
    return properties.getProperty("version", "unknown");
  }
}

package dev.hongyan.deploy.config;

/** The list of all keys, for people. */
public final class Guide {
  private Guide() {}

  /** {@code docs/guide/configuration.md} as it should be. */
  public static String markdown() {
    StringBuilder page =
        new StringBuilder(
            """
            # Configuration

            Nothing needs to be set to try it. Values come from a YAML file (`bin/hongyan serve --config hongyan.yaml`)
            and from the environment, which wins. A key of the file is a path:

            ```yaml
            http:
              port: 8080
            wechat:
              apiHosts: [https://api.weixin.qq.com, https://sh.api.weixin.qq.com]
            ```

            Each key is also a variable (`HONGYAN_HTTP_PORT=8080`); lists are separated by commas there, and an empty
            variable counts as not set. Times are written `250ms`, `5s`, `10m`, `72h`, `7d`; sizes `512`, `64KiB`, `1MiB`.
            Unknown keys and bad values are all reported at once, before a port opens, and the command ends with status 2.

            This page is made from the code; a test compares them.

            | key | variable | default | expected | what it does |
            | --- | --- | --- | --- | --- |
            """);
    for (Key<?> key : Keys.all()) {
      page.append("| `").append(key.name()).append("` | `").append(key.variable()).append("` | ");
      page.append(key.byDefault().isEmpty() ? "–" : "`" + key.byDefault() + "`").append(" | ");
      page.append(cell(key.kind().expects())).append(" | ").append(cell(key.meaning()));
      page.append(key.secret() ? " Never shown.|\n" : " |\n");
    }
    return page.toString().replace("Never shown.|", "Never shown. |");
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}

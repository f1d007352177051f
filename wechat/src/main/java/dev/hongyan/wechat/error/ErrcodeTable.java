package dev.hongyan.wechat.error;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.JsonReader;
import dev.hongyan.wechat.document.MalformedDocument;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Errcode to reaction, from {@code errcode-classes.json}. Official accounts, mini programs and
 * components share their codes; WeCom gives some of the same numbers another meaning. Immutable.
 */
public final class ErrcodeTable {
  private static final int WRONG_SECRET_OR_STALE_TOKEN = 40001;

  private final Map<Integer, ErrcodeClass> mp;
  private final Map<Integer, ErrcodeClass> wecom;

  private ErrcodeTable(Map<Integer, ErrcodeClass> mp, Map<Integer, ErrcodeClass> wecom) {
    this.mp = Map.copyOf(mp);
    this.wecom = Map.copyOf(wecom);
  }

  /** The table of this version, read once. */
  public static ErrcodeTable standard() {
    return Standard.TABLE;
  }

  /**
   * The class of an errcode; unknown ones are {@link ErrcodeClass#CONTENT}, which is never retried.
   */
  public ErrcodeClass classify(Product product, int errcode) {
    ErrcodeClass found = known(product, errcode);
    return found == null ? ErrcodeClass.CONTENT : found;
  }

  /**
   * The class of an errcode from an endpoint that hands out tokens, where 40001 means a wrong
   * secret and not a stale token.
   */
  public ErrcodeClass classifyTokenCall(Product product, int errcode) {
    return errcode == WRONG_SECRET_OR_STALE_TOKEN
        ? ErrcodeClass.CREDENTIAL
        : classify(product, errcode);
  }

  /** The class of an errcode, or null if the table does not have it (worth counting). */
  public @Nullable ErrcodeClass known(Product product, int errcode) {
    return (product == Product.WECOM ? wecom : mp).get(errcode);
  }

  /** Loads on first use. */
  private static final class Standard {
    static final ErrcodeTable TABLE = load();

    private static ErrcodeTable load() {
      try (InputStream in = ErrcodeTable.class.getResourceAsStream("errcode-classes.json")) {
        if (in == null) {
          throw new IllegalStateException("errcode-classes.json is missing from this jar");
        }
        return read(JsonReader.parse(in.readAllBytes()));
      } catch (IOException | MalformedDocument e) {
        throw new IllegalStateException("errcode-classes.json cannot be read", e);
      }
    }

    private static ErrcodeTable read(Document json) {
      Map<Integer, ErrcodeClass> mp = new HashMap<>();
      Map<Integer, ErrcodeClass> wecom = new HashMap<>();
      int codes = json.child(Document.ROOT, ascii("codes"));
      for (int at = json.firstChild(codes); at != Document.NONE; at = json.next(at)) {
        Map<Integer, ErrcodeClass> table = text(json, at, "product").equals("wecom") ? wecom : mp;
        table.put(
            Integer.valueOf(text(json, at, "errcode")),
            ErrcodeClass.valueOf(text(json, at, "class")));
      }
      return new ErrcodeTable(mp, wecom);
    }

    private static String text(Document json, int node, String name) {
      return Objects.requireNonNull(json.text(json.child(node, ascii(name))), name);
    }

    private static byte[] ascii(String text) {
      return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
  }
}

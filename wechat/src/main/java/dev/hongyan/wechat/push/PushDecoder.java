package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.Decryption;
import dev.hongyan.wechat.crypto.EncodingAesKey;
import dev.hongyan.wechat.crypto.MessageCipher;
import dev.hongyan.wechat.crypto.SortedSha1;
import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.document.Field;
import dev.hongyan.wechat.document.JsonReader;
import dev.hongyan.wechat.document.JsonWriter;
import dev.hongyan.wechat.document.MalformedDocument;
import dev.hongyan.wechat.push.PushOutcome.Accepted;
import dev.hongyan.wechat.push.PushOutcome.Echo;
import dev.hongyan.wechat.push.PushOutcome.Refused;
import dev.hongyan.wechat.xml.XmlReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Judges requests of WeChat: verifies, decrypts, parses and names a push, with the checks in the
 * order of {@link Stage}. Never throws, whatever comes in. It keeps its ciphers, digests and
 * buffers, so there is one per thread, for all accounts.
 */
public final class PushDecoder {
  /** Largest body; compatible mode triples a push, and WeChat's own are a few KiB. */
  public static final int BODY_BYTES_MAX = Document.LENGTH_MAX;

  private static final byte[] ENCRYPT = ascii("encrypt");
  private static final byte[] TYPE_AES = ascii("aes");
  private static final byte[] TYPE_RAW = ascii("raw");
  private static final Refused[] REFUSALS =
      Arrays.stream(Stage.values()).map(Refused::new).toArray(Refused[]::new);

  private final SortedSha1 sha1 = new SortedSha1();
  private final MessageCipher cipher = new MessageCipher();
  private final XmlReader xml = new XmlReader();
  private final JsonReader json = new JsonReader();
  private final Document outer = new Document();
  private final Document inner = new Document();
  private final JsonWriter writer = new JsonWriter();
  private final PushReading reading = new PushReading();

  /** Which of the account's tokens and keys fitted, from the last check. */
  private int tokenIndex;

  private int keyIndex;

  /** The outer document's ciphertext, from the last {@link #openEnvelope}. */
  private int encrypt;

  private boolean lowerCaseEnvelope;

  /**
   * Judges a URL verification (GET). The clock window is not applied: it happens when the owner
   * saves the settings, also from WeChat's test page with times of its own.
   *
   * @param nowSeconds now, in seconds since 1970; not used today
   * @return {@link Echo} or {@link Refused}
   */
  public PushOutcome verifyUrl(PushAccount account, PushQuery query, long nowSeconds) {
    if (!query.isWellFormed()
        || query.timestampSeconds() < 0
        || !query.has(PushQuery.NONCE)
        || !query.has(PushQuery.ECHOSTR)) {
      return refused(Stage.QUERY);
    }
    if (account.product() != Product.WECOM) {
      // Official accounts, mini programs and components send echostr in the clear, also in safe
      // mode.
      return signed(account, query, PushQuery.SIGNATURE, null, 0, 0)
          ? new Echo(text(query, PushQuery.ECHOSTR))
          : refused(Stage.SIGNATURE);
    }
    if (!account.hasKey()) {
      return refused(Stage.MODE);
    }
    int start = query.start(PushQuery.ECHOSTR);
    int length = query.length(PushQuery.ECHOSTR);
    if (!signed(account, query, PushQuery.MSG_SIGNATURE, query.bytes, start, length)) {
      return refused(Stage.SIGNATURE);
    }
    Stage failure = decrypt(account, query.bytes, start, length);
    if (failure != null) {
      return refused(failure);
    }
    return new Echo(
        new String(
            cipher.plain(), cipher.messageStart(), cipher.messageLength(), StandardCharsets.UTF_8));
  }

  /** Judges a push (POST) whose body is the whole array; see the other form. */
  public PushOutcome decode(PushAccount account, PushQuery query, byte[] body, long nowSeconds) {
    return decode(account, query, body, 0, body.length, nowSeconds);
  }

  /**
   * Judges a push (POST).
   *
   * @param body holds the body from {@code start} on; not kept and not changed
   * @param nowSeconds now, in seconds since 1970
   * @return {@link Accepted} or {@link Refused}
   */
  public PushOutcome decode(
      PushAccount account, PushQuery query, byte[] body, int start, int length, long nowSeconds) {
    if (length > BODY_BYTES_MAX) {
      return refused(Stage.SIZE);
    }
    long timestamp = query.timestampSeconds();
    if (!query.isWellFormed() || timestamp < 0 || !query.has(PushQuery.NONCE)) {
      return refused(Stage.QUERY);
    }
    boolean encrypted = account.product().alwaysEncrypted();
    if (!encrypted) {
      if (query.isAbsent(PushQuery.ENCRYPT_TYPE)) {
        encrypted = query.has(PushQuery.MSG_SIGNATURE);
      } else if (query.is(PushQuery.ENCRYPT_TYPE, TYPE_AES)) {
        encrypted = true;
      } else if (!query.is(PushQuery.ENCRYPT_TYPE, TYPE_RAW)) {
        return refused(Stage.QUERY);
      }
    }
    if (encrypted ? !account.hasKey() : account.mode() != SecurityMode.PLAIN) {
      return refused(Stage.MODE);
    }
    int window = account.clockWindowSeconds();
    if (window > 0 && Math.abs(nowSeconds - timestamp) > window) {
      return refused(Stage.CLOCK);
    }
    PushOutcome outcome =
        encrypted
            ? decodeEncrypted(account, query, body, start, length)
            : decodePlain(account, query, body, start, length);
    cipher.trim();
    return outcome;
  }

  private PushOutcome decodePlain(
      PushAccount account, PushQuery query, byte[] body, int start, int length) {
    return signed(account, query, PushQuery.SIGNATURE, null, 0, 0)
        ? accept(account, query, false, body, start, length)
        : refused(Stage.SIGNATURE);
  }

  private PushOutcome decodeEncrypted(
      PushAccount account, PushQuery query, byte[] body, int start, int length) {
    Stage failure = openEnvelope(body, start, length);
    if (failure != null) {
      return refused(failure);
    }
    byte[] holder = outer.textBytes(encrypt);
    int from = outer.textStart(encrypt);
    int count = outer.textLength(encrypt);
    if (!signed(account, query, PushQuery.MSG_SIGNATURE, holder, from, count)) {
      return refused(Stage.SIGNATURE);
    }
    failure = decrypt(account, holder, from, count);
    return failure == null
        ? accept(
            account, query, true, cipher.plain(), cipher.messageStart(), cipher.messageLength())
        : refused(failure);
  }

  /**
   * Finds the one {@code Encrypt} of the outer document; everything beside it is unauthenticated.
   */
  private @Nullable Stage openEnvelope(byte[] body, int start, int length) {
    int first = firstCharacter(body, start, length);
    if (first < 0) {
      return Stage.ENVELOPE;
    }
    Stage language = first == '{' ? Stage.JSON : Stage.XML;
    Stage failure = parse(language, body, start, length, outer);
    if (failure != null) {
      return failure;
    }
    encrypt = Document.NONE;
    for (int at = outer.firstChild(Document.ROOT); at != Document.NONE; at = outer.next(at)) {
      if (outer.field(at) == Field.ENCRYPT) {
        if (encrypt != Document.NONE) {
          return language;
        }
        encrypt = at;
      }
    }
    if (encrypt == Document.NONE) {
      encrypt = outer.child(Document.ROOT, ENCRYPT);
    }
    if (encrypt == Document.NONE || outer.isContainer(encrypt)) {
      return Stage.ENVELOPE;
    }
    lowerCaseEnvelope = outer.nameIs(encrypt, ENCRYPT);
    outer.unescape(encrypt);
    outer.trim(encrypt);
    return null;
  }

  /** Whether one of the account's tokens signs the query, with or without a ciphertext. */
  private boolean signed(
      PushAccount account,
      PushQuery query,
      int parameter,
      byte @Nullable [] ciphertext,
      int start,
      int length) {
    if (!query.has(parameter)) {
      return false;
    }
    for (int i = 0; i < account.tokenCount(); i++) {
      byte[] token = account.tokenBytes(i);
      sha1.reset();
      sha1.add(token, 0, token.length);
      sha1.add(query.bytes, query.start(PushQuery.TIMESTAMP), query.length(PushQuery.TIMESTAMP));
      sha1.add(query.bytes, query.start(PushQuery.NONCE), query.length(PushQuery.NONCE));
      if (ciphertext != null) {
        sha1.add(ciphertext, start, length);
      }
      if (sha1.matches(query.bytes, query.start(parameter), query.length(parameter))) {
        tokenIndex = i;
        return true;
      }
    }
    return false;
  }

  /**
   * Opens a ciphertext with the account's keys, current first; null, or how far the best one came.
   */
  private @Nullable Stage decrypt(PushAccount account, byte[] base64, int start, int length) {
    Decryption loaded = cipher.load(base64, start, length);
    if (loaded != Decryption.OK) {
      return stage(loaded);
    }
    Stage furthest = Stage.DECRYPT;
    for (int i = 0; i < account.keyCount(); i++) {
      Decryption opened = cipher.open(account.key(i));
      if (opened == Decryption.OK && receiveIdFits(account)) {
        keyIndex = i;
        return null;
      }
      Stage failure = opened == Decryption.OK ? Stage.RECEIVE_ID : stage(opened);
      if (failure.compareTo(furthest) > 0) {
        furthest = failure;
      }
    }
    return furthest;
  }

  private boolean receiveIdFits(PushAccount account) {
    if (!account.receiveIdChecked()) {
      return true;
    }
    for (byte[] accepted : account.receiveIdBytes()) {
      if (cipher.receiveIdIs(accepted)) {
        return true;
      }
    }
    return false;
  }

  private PushOutcome accept(
      PushAccount account,
      PushQuery query,
      boolean encrypted,
      byte[] bytes,
      int start,
      int length) {
    Stage language = firstCharacter(bytes, start, length) == '{' ? Stage.JSON : Stage.XML;
    Stage failure = parse(language, bytes, start, length, inner);
    if (failure != null) {
      return refused(failure);
    }
    if (!inner.isContainer(Document.ROOT)) {
      return refused(language);
    }
    Product product = account.product();
    reading.read(inner);
    String user = reading.user();
    String receiver = reading.account();
    String signature = text(query, encrypted ? PushQuery.MSG_SIGNATURE : PushQuery.SIGNATURE);
    EncodingAesKey key = encrypted ? account.key(keyIndex) : null;
    ReplyContext reply =
        new ReplyContext(
            product,
            language == Stage.JSON ? BodyFormat.JSON : BodyFormat.XML,
            encrypted,
            key,
            account.token(tokenIndex),
            encrypted ? cipher.receiveId() : "",
            text(query, PushQuery.NONCE),
            receiver == null ? "" : receiver,
            user == null ? "" : user,
            encrypted && lowerCaseEnvelope,
            encrypted && keyIndex > 0,
            tokenIndex > 0);
    return new Accepted(
        new DecodedPush(
            reading.topic(product),
            user,
            reading.messageId(),
            reading.dedupeKey(product, bytes, start, length, signature),
            receiver,
            reading.createTime(),
            writer.write(inner),
            signature,
            reply));
  }

  private @Nullable Stage parse(
      Stage language, byte[] bytes, int start, int length, Document into) {
    try {
      if (language == Stage.JSON) {
        json.read(bytes, start, length, into);
      } else {
        xml.read(bytes, start, length, into);
      }
      return null;
    } catch (MalformedDocument e) {
      return language;
    }
  }

  private static Stage stage(Decryption failure) {
    return switch (failure) {
      case BASE64 -> Stage.BASE64;
      case BLOCK -> Stage.BLOCK;
      case DECRYPT, OK -> Stage.DECRYPT;
      case PADDING -> Stage.PADDING;
      case LAYOUT -> Stage.LAYOUT;
    };
  }

  /** The first character that is neither white space nor a byte order mark, or -1. */
  static int firstCharacter(byte[] bytes, int start, int length) {
    for (int i = start, end = start + length; i < end; i++) {
      if (bytes[i] > ' ') {
        return bytes[i];
      }
      if (bytes[i] < 0 && i - start >= 3) {
        return '?';
      }
    }
    return -1;
  }

  private static String text(PushQuery query, int parameter) {
    String text = query.text(parameter);
    return text == null ? "" : text;
  }

  @SuppressWarnings("EnumOrdinal") // The table is made from the same values in the same run.
  private static Refused refused(Stage stage) {
    return REFUSALS[stage.ordinal()];
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

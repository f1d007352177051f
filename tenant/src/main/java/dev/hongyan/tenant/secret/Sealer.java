package dev.hongyan.tenant.secret;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals texts for the store with AES-256-GCM. The sealed form is {@code v1:<key id>:<base64 of
 * nonce, ciphertext, tag>}; version, key and context (whose secret it is) are authenticated with
 * it, so a sealed text that is copied to another tenant or field does not open there.
 *
 * <p>Several master keys may be known at once: one seals, all open. {@link #use} changes them while
 * others seal and open. Thread-safe.
 */
public final class Sealer {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private static final String VERSION = "v1:";

  /** Where the text of a key begins: behind the version, the id and a colon. */
  private static final int BODY_AT = VERSION.length() + MasterKey.ID_CHARS + 1;

  private final SecureRandom random = new SecureRandom();
  private volatile Keyring keys;

  public Sealer(MasterKey key) {
    this(Keyring.of(key));
  }

  public Sealer(Keyring keys) {
    this.keys = keys;
  }

  /** The keys that are known now, and which of them seals. */
  public Keyring keys() {
    return keys;
  }

  /** Takes other keys from now on. */
  public void use(Keyring now) {
    keys = now;
  }

  /** The id of the key that a text was sealed with; null when it is no sealed text. */
  public static @Nullable String keyOf(String sealed) {
    boolean is =
        sealed.length() > BODY_AT
            && sealed.startsWith(VERSION)
            && sealed.charAt(BODY_AT - 1) == ':'
            && MasterKey.isId(sealed.substring(VERSION.length(), BODY_AT - 1));
    return is ? sealed.substring(VERSION.length(), BODY_AT - 1) : null;
  }

  /**
   * Seals {@code plain}.
   *
   * @param context tenant and field, e.g. {@code acme/account/shop}; the same is needed to open it
   */
  public String seal(String context, String plain) {
    byte[] text = plain.getBytes(StandardCharsets.UTF_8);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    MasterKey key = keys.sealing();
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, context);
      byte[] out = new byte[NONCE_BYTES + cipher.getOutputSize(text.length)];
      System.arraycopy(nonce, 0, out, 0, NONCE_BYTES);
      int written = cipher.doFinal(text, 0, text.length, out, NONCE_BYTES);
      if (written != out.length - NONCE_BYTES) {
        throw new IllegalStateException("unexpected length of a sealed text");
      }
      return prefix(key) + Base64.getEncoder().encodeToString(out);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java cannot seal", e);
    }
  }

  /**
   * Opens what {@link #seal} made.
   *
   * @throws SealBroken when it was sealed with an unknown key, for another context, or changed
   */
  public Secret open(String context, String sealed) {
    String id = keyOf(sealed);
    if (id == null) {
      throw new SealBroken(context + " is not a sealed text");
    }
    MasterKey key = keys.find(id);
    if (key == null) {
      throw new SealBroken(
          context + " was sealed with another master key (" + id + ") than " + keys.ids());
    }
    try {
      byte[] in = Base64.getDecoder().decode(sealed.substring(BODY_AT));
      if (in.length < NONCE_BYTES + TAG_BITS / 8) {
        throw new SealBroken(context + " is not a sealed text");
      }
      byte[] plain =
          cipher(Cipher.DECRYPT_MODE, key, in, context)
              .doFinal(in, NONCE_BYTES, in.length - NONCE_BYTES);
      return Secret.of(new String(plain, StandardCharsets.UTF_8));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new SealBroken(context + " was changed, or sealed for something else");
    }
  }

  /** {@code from} begins with the nonce. */
  private static Cipher cipher(int mode, MasterKey key, byte[] from, String context)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.key(), new GCMParameterSpec(TAG_BITS, from, 0, NONCE_BYTES));
    cipher.updateAAD((prefix(key) + context).getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private static String prefix(MasterKey key) {
    return VERSION + key.id() + ":";
  }

  /** A sealed text that does not open. */
  public static final class SealBroken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SealBroken(String message) {
      super(message, null, false, false);
    }
  }
}

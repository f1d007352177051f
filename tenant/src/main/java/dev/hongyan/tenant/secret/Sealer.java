package dev.hongyan.tenant.secret;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Seals texts for the store with AES-256-GCM. The sealed form is {@code v1:<key id>:<base64 of
 * nonce, ciphertext, tag>}; version, key and context (whose secret it is) are authenticated with
 * it, so a sealed text that is copied to another tenant or field does not open there. Thread-safe.
 */
public final class Sealer {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final MasterKey key;
  private final String prefix;
  private final SecureRandom random = new SecureRandom();

  public Sealer(MasterKey key) {
    this.key = key;
    this.prefix = "v1:" + key.id() + ":";
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
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, 0, context);
      byte[] out = new byte[NONCE_BYTES + cipher.getOutputSize(text.length)];
      System.arraycopy(nonce, 0, out, 0, NONCE_BYTES);
      int written = cipher.doFinal(text, 0, text.length, out, NONCE_BYTES);
      if (written != out.length - NONCE_BYTES) {
        throw new IllegalStateException("unexpected length of a sealed text");
      }
      return prefix + Base64.getEncoder().encodeToString(out);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java cannot seal", e);
    }
  }

  /**
   * Opens what {@link #seal} made.
   *
   * @throws SealBroken when it was sealed with another key, for another context, or changed
   */
  public Secret open(String context, String sealed) {
    if (!sealed.startsWith(prefix)) {
      throw new SealBroken(context + " was sealed with another master key than " + key.id());
    }
    try {
      byte[] in = Base64.getDecoder().decode(sealed.substring(prefix.length()));
      if (in.length < NONCE_BYTES + TAG_BITS / 8) {
        throw new SealBroken(context + " is not a sealed text");
      }
      byte[] plain =
          cipher(Cipher.DECRYPT_MODE, in, 0, context)
              .doFinal(in, NONCE_BYTES, in.length - NONCE_BYTES);
      return Secret.of(new String(plain, StandardCharsets.UTF_8));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new SealBroken(context + " was changed, or sealed for something else");
    }
  }

  private Cipher cipher(int mode, byte[] nonce, int offset, String context)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key.key(), new GCMParameterSpec(TAG_BITS, nonce, offset, NONCE_BYTES));
    cipher.updateAAD((prefix + context).getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  /** A sealed text that does not open. */
  public static final class SealBroken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SealBroken(String message) {
      super(message, null, false, false);
    }
  }
}

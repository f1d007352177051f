package dev.hongyan.router.destination;

import dev.hongyan.tenant.routing.Destination;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs by the Standard Webhooks specification: {@code v1,} and base64 of HMAC-SHA256 over {@code
 * id.timestamp.body}. While secrets are replaced there is a signature by each, the present one
 * first.
 *
 * <p>Keys are decoded once and each has a {@link Mac} of its own, which is ready again after every
 * signature. For one thread.
 */
final class Signer {
  private static final String SECRET_PREFIX = "whsec_";
  private static final String ALGORITHM = "HmacSHA256";

  private final List<Key> keys;
  private final byte[] digest = new byte[32];

  private record Key(Mac mac, long untilMillis) {}

  /** Throws {@link IllegalArgumentException}, without a word of the secret, when one is no key. */
  Signer(Destination destination) {
    keys = new ArrayList<>(1 + destination.previousSecrets().size());
    keys.add(key(destination.secret().reveal(), Long.MAX_VALUE));
    for (Destination.PreviousSecret previous : destination.previousSecrets()) {
      keys.add(key(previous.secret().reveal(), previous.untilMillis()));
    }
  }

  /** The value of {@code webhook-signature}. */
  String sign(String id, String timestamp, byte[] body, long nowMillis) {
    byte[] head = (id + '.' + timestamp + '.').getBytes(StandardCharsets.US_ASCII);
    StringBuilder all = new StringBuilder(47 * keys.size() + keys.size());
    for (Key key : keys) {
      if (nowMillis < key.untilMillis()) {
        if (!all.isEmpty()) {
          all.append(' ');
        }
        all.append("v1,").append(signature(key.mac(), head, body));
      }
    }
    return all.toString();
  }

  private String signature(Mac mac, byte[] head, byte[] body) {
    mac.update(head);
    mac.update(body);
    try {
      mac.doFinal(digest, 0);
    } catch (ShortBufferException e) {
      throw new IllegalStateException(e);
    }
    return Base64.getEncoder().encodeToString(digest);
  }

  private static Key key(String secret, long untilMillis) {
    String base64 =
        secret.startsWith(SECRET_PREFIX) ? secret.substring(SECRET_PREFIX.length()) : secret;
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(Base64.getDecoder().decode(base64), ALGORITHM));
      return new Key(mac, untilMillis);
    } catch (IllegalArgumentException e) {
      // Whatever it says may quote the secret.
      throw new IllegalArgumentException("secret: not whsec_ and base64");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}

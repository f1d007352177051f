package dev.hongyan.deploy.config;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** Private keys in PEM, in the forms in which they are handed around. */
final class PrivateKeys {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----";

  private PrivateKeys() {}

  /**
   * Reads a key.
   *
   * @param of its certificate: the older forms do not say what kind of key they hold
   * @throws GeneralSecurityException with what is wrong, to be put behind the name of the file
   */
  static PrivateKey read(String text, X509Certificate of) throws GeneralSecurityException {
    for (int at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + 1)) {
      int labelEnd = text.indexOf(END, at + BEGIN.length());
      int end = labelEnd < 0 ? -1 : text.indexOf("-----END ", labelEnd);
      if (end < 0) {
        break;
      }
      String label = text.substring(at + BEGIN.length(), labelEnd);
      String body = text.substring(labelEnd + END.length(), end);
      switch (label) {
        case "PRIVATE KEY" -> {
          return key(decoded(body), of);
        }
        case "RSA PRIVATE KEY", "EC PRIVATE KEY" -> {
          if (body.contains("ENCRYPTED")) {
            throw encrypted();
          }
          return key(wrapped(decoded(body), of), of);
        }
        case "ENCRYPTED PRIVATE KEY" -> throw encrypted();
        default -> {
          // EC PARAMETERS, or a certificate in the same file
        }
      }
    }
    throw new InvalidKeyException("holds no PEM private key");
  }

  private static GeneralSecurityException encrypted() {
    return new InvalidKeyException("has a password; expected is a key without one");
  }

  private static byte[] decoded(String base64) throws GeneralSecurityException {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new InvalidKeyException("holds no PEM private key that can be read");
    }
  }

  private static PrivateKey key(byte[] pkcs8, X509Certificate of) throws GeneralSecurityException {
    String algorithm = of.getPublicKey().getAlgorithm();
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (InvalidKeySpecException e) {
      // The cause may repeat parts of it.
      throw new InvalidKeyException(
          "holds no " + algorithm + " key that can be read, as its certificate needs");
    }
  }

  /**
   * PKCS#1 and SEC 1 are what PKCS#8 has inside, behind the kind of key as the certificate says.
   */
  private static byte[] wrapped(byte[] inner, X509Certificate of) {
    byte[] version = {2, 1, 0};
    byte[] kind = firstInside(of.getPublicKey().getEncoded());
    return tagged(0x30, joined(version, kind, tagged(0x04, inner)));
  }

  /** The first element of a DER sequence, whole. */
  private static byte[] firstInside(byte[] sequence) {
    int from = 1 + lengthBytes(sequence, 1);
    int to = from + 1 + lengthBytes(sequence, from + 1) + length(sequence, from + 1);
    byte[] out = new byte[to - from];
    System.arraycopy(sequence, from, out, 0, out.length);
    return out;
  }

  private static int lengthBytes(byte[] der, int at) {
    return (der[at] & 0x80) == 0 ? 1 : 1 + (der[at] & 0x7f);
  }

  private static int length(byte[] der, int at) {
    if ((der[at] & 0x80) == 0) {
      return der[at];
    }
    int length = 0;
    for (int i = 1; i < lengthBytes(der, at); i++) {
      length = length << 8 | der[at + i] & 0xff;
    }
    return length;
  }

  private static byte[] tagged(int tag, byte[] body) {
    int n = body.length;
    byte[] length =
        n < 0x80
            ? new byte[] {(byte) n}
            : n < 0x100
                ? new byte[] {(byte) 0x81, (byte) n}
                : n < 0x10000
                    ? new byte[] {(byte) 0x82, (byte) (n >> 8), (byte) n}
                    : new byte[] {(byte) 0x83, (byte) (n >> 16), (byte) (n >> 8), (byte) n};
    return joined(new byte[] {(byte) tag}, length, body);
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.write(part, 0, part.length);
    }
    return out.toByteArray();
  }

  /** Whether the two belong together: what one signs the other confirms. */
  static boolean match(PrivateKey own, PublicKey other) throws GeneralSecurityException {
    String algorithm =
        switch (other.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> other.getAlgorithm();
        };
    byte[] text = {1, 2, 3};
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(own);
    signing.update(text);
    byte[] signed = signing.sign();
    Signature checking = Signature.getInstance(algorithm);
    checking.initVerify(other);
    checking.update(text);
    try {
      return checking.verify(signed);
    } catch (SignatureException e) {
      return false;
    }
  }

  static String pem(PrivateKey key) {
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
        + "\n-----END PRIVATE KEY-----\n";
  }
}

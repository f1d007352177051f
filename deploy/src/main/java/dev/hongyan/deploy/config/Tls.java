package dev.hongyan.deploy.config;

import io.vertx.core.http.ClientAuth;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a port: where its files are and what is asked of clients.
 *
 * @param prefix of its keys, {@code tls} or {@code management.tls}
 * @param certificate PEM: the certificate of this server first, then those that vouch for it
 * @param key PEM: its private key (PKCS#8, PKCS#1 or SEC 1), without a password
 * @param clientCa PEM: who vouches for clients; null: nobody
 * @param clientAuth default none
 * @param minVersion 1.2, the default, or 1.3
 */
public record Tls(
    String prefix,
    Path certificate,
    Path key,
    @Nullable Path clientCa,
    ClientAuth clientAuth,
    String minVersion) {
  private static final long SIZE_MAX = 1 << 20;

  /**
   * What the files hold, checked.
   *
   * @param certificates PEM
   * @param key PEM, PKCS#8
   * @param clientCa PEM; null: none
   * @param expires when the server's own certificate ends
   */
  public record Material(
      String certificates, String key, @Nullable String clientCa, Instant expires) {
    @Override
    public String toString() {
      return "Material[until " + expires + "]";
    }
  }

  /**
   * Reads and checks the files. Blocks.
   *
   * @throws IOException with a line for each mistake: its key, its file and what is wrong; nothing
   *     of what the files hold
   */
  public Material load() throws IOException {
    List<String> problems = new ArrayList<>();
    List<X509Certificate> chain = certificates("certificate", certificate, problems);
    PrivateKey own = chain.isEmpty() ? null : privateKey(chain.get(0), problems);
    List<X509Certificate> trusted =
        clientCa == null ? List.of() : certificates("clientCa", clientCa, problems);
    if (!problems.isEmpty() || own == null) {
      throw new IOException(String.join("\n", problems));
    }
    return new Material(
        pem(chain),
        PrivateKeys.pem(own),
        clientCa == null ? null : pem(trusted),
        chain.get(0).getNotAfter().toInstant());
  }

  private List<X509Certificate> certificates(String field, Path file, List<String> problems) {
    byte[] bytes = read(field, file, problems);
    if (bytes.length == 0) {
      return List.of();
    }
    List<X509Certificate> all = new ArrayList<>();
    try {
      for (Certificate each :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes))) {
        all.add((X509Certificate) each);
      }
    } catch (CertificateException e) {
      all.clear();
    }
    if (all.isEmpty()) {
      problems.add(wrong(field, file) + " holds no PEM certificate that can be read");
    }
    return all;
  }

  private @Nullable PrivateKey privateKey(X509Certificate of, List<String> problems) {
    byte[] bytes = read("key", key, problems);
    if (bytes.length == 0) {
      return null;
    }
    try {
      PrivateKey read = PrivateKeys.read(new String(bytes, StandardCharsets.US_ASCII), of);
      if (!PrivateKeys.match(read, of.getPublicKey())) {
        problems.add(wrong("key", key) + " does not belong to the certificate in " + certificate);
      }
      return read;
    } catch (GeneralSecurityException e) {
      problems.add(wrong("key", key) + " " + e.getMessage());
      return null;
    }
  }

  private byte[] read(String field, Path file, List<String> problems) {
    try {
      if (Files.size(file) > SIZE_MAX) {
        problems.add(wrong(field, file) + " is larger than 1 MiB");
        return new byte[0];
      }
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length == 0) {
        problems.add(wrong(field, file) + " is empty");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      problems.add(wrong(field, file) + " is not there");
    } catch (AccessDeniedException e) {
      problems.add(wrong(field, file) + " may not be read by this user");
    } catch (IOException e) {
      problems.add(wrong(field, file) + " cannot be read");
    }
    return new byte[0];
  }

  private String wrong(String field, Path file) {
    return prefix + "." + field + ": " + file;
  }

  private static String pem(List<X509Certificate> chain) throws IOException {
    StringBuilder text = new StringBuilder();
    for (X509Certificate each : chain) {
      try {
        text.append("-----BEGIN CERTIFICATE-----\n")
            .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(each.getEncoded()))
            .append("\n-----END CERTIFICATE-----\n");
      } catch (CertificateException e) {
        throw new IOException("a certificate cannot be written again", e);
      }
    }
    return text.toString();
  }
}

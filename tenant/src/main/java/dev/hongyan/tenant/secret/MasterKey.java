package dev.hongyan.tenant.secret;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The key that all other secrets are sealed with: 256 bits, as base64 in configuration or in a
 * file. Whoever loses it loses every stored secret, so it belongs into the backup, apart from the
 * data.
 */
public final class MasterKey {
  private static final int BYTES = 32;
  private static final String FILE = "master.key";

  private final SecretKey key;
  private final String id;

  private MasterKey(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "the master key must be base64 of 32 bytes, not of " + bytes.length);
    }
    this.key = new SecretKeySpec(bytes, "AES");
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      this.id = HexFormat.of().formatHex(digest, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The configured key: the value if given, else the file if given, else {@code
   * dataDir/master.key}, made with mode 0600 at first start. Blocking.
   *
   * @throws IllegalArgumentException when the value is no key
   * @throws IOException when a named file cannot be read or none can be made
   */
  public static MasterKey resolve(@Nullable String base64, @Nullable Path file, Path dataDir)
      throws IOException {
    if (base64 != null && !base64.isBlank()) {
      return of(base64);
    }
    return file != null ? read(file) : generated(dataDir.resolve(FILE));
  }

  /** From base64 (standard or URL alphabet) of 32 bytes. */
  public static MasterKey of(String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64.strip().replace('-', '+').replace('_', '/'));
    } catch (IllegalArgumentException e) {
      // The decoder's message repeats a part of the key.
      throw new IllegalArgumentException("the master key is not base64");
    }
    return new MasterKey(bytes);
  }

  private static MasterKey read(Path file) throws IOException {
    try {
      return of(Files.readString(file));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage());
    }
  }

  private static MasterKey generated(Path file) throws IOException {
    if (Files.exists(file)) {
      return read(file);
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    Path fresh = file.resolveSibling(FILE + "." + ProcessHandle.current().pid() + ".tmp");
    Files.deleteIfExists(fresh);
    try (var out =
        Files.newByteChannel(
            fresh,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SYNC),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      var unused =
          out.write(
              ByteBuffer.wrap(
                  (Base64.getEncoder().encodeToString(random) + "\n")
                      .getBytes(StandardCharsets.US_ASCII)));
    }
    try {
      // A link, unlike a move, never replaces the key that another process made meanwhile.
      var unused = Files.createLink(file, fresh);
    } catch (FileAlreadyExistsException e) {
      return read(file);
    } finally {
      Files.deleteIfExists(fresh);
      Arrays.fill(random, (byte) 0);
    }
    return read(file);
  }

  /** Names the key without telling anything about it: 8 hex digits. */
  public String id() {
    return id;
  }

  SecretKey key() {
    return key;
  }

  @Override
  public String toString() {
    return "MasterKey[" + id + "]";
  }
}

package dev.hongyan.tenant.secret;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where master keys are written down: one a line, as {@code <id>:<base64>} or as base64 alone, the
 * first being the one to seal with; empty lines and those with {@code #} in front are nothing. Made
 * and changed with mode 0600, and as a whole or not at all. Everything here blocks.
 */
public final class MasterKeyFile {
  private static final String NAME = "master.key";
  private static final int KEYS_MAX = 16;
  private static final long SIZE_MAX = 64 * 1024;

  private final Path file;

  private MasterKeyFile(Path file) {
    this.file = file;
  }

  /** The configured file, or {@code dataDir/master.key}. */
  public static MasterKeyFile at(@Nullable Path configured, Path dataDir) {
    return new MasterKeyFile(configured != null ? configured : dataDir.resolve(NAME));
  }

  public Path path() {
    return file;
  }

  /**
   * The keys in it.
   *
   * @throws IOException when it cannot be read or holds none; the message repeats nothing of it
   */
  public Keyring read() throws IOException {
    try {
      if (Files.size(file) > SIZE_MAX) {
        throw new IOException(file + " is too large for a file of master keys");
      }
      return parse(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new IOException(file + " is not there");
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage());
    }
  }

  /** The same; the file is made with a new key when there is none. */
  public Keyring readOrMake() throws IOException {
    if (!Files.exists(file)) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path fresh = file.resolveSibling(NAME + "." + ProcessHandle.current().pid() + ".tmp");
      Files.deleteIfExists(fresh);
      write(fresh, MasterKey.make(new SecureRandom()).base64() + "\n");
      try {
        // A link, unlike a move, never replaces the key that another process made meanwhile.
        var unused = Files.createLink(file, fresh);
      } catch (FileAlreadyExistsException e) {
        // as good as ours
      } finally {
        Files.deleteIfExists(fresh);
      }
    }
    return read();
  }

  /**
   * Puts a new key in front, so that it is the one to seal with.
   *
   * @return its id
   * @throws IOException also when the file changed on the way or holds as many as it may
   */
  public String add(MasterKey key) throws IOException {
    List<MasterKey> keys = new ArrayList<>(read().all());
    if (keys.size() >= KEYS_MAX) {
      throw new IOException(file + " holds " + KEYS_MAX + " keys; retire some first");
    }
    keys.add(0, key);
    replace(keys);
    return key.id();
  }

  /**
   * Takes a key out.
   *
   * @throws IOException also when it is not in it, or the only one
   */
  public void remove(String id) throws IOException {
    List<MasterKey> keys = new ArrayList<>(read().all());
    if (!keys.removeIf(key -> key.id().equals(id))) {
      throw new IOException(file + " holds no key " + id);
    }
    if (keys.isEmpty()) {
      throw new IOException(id + " is the only key in " + file);
    }
    replace(keys);
  }

  /** The line of a key, for a file that is written elsewhere. */
  public static String line(MasterKey key) {
    return key.id() + ":" + key.base64();
  }

  private void replace(List<MasterKey> keys) throws IOException {
    StringBuilder text =
        new StringBuilder("# Master keys of Hongyan: the first seals, all of them open.\n");
    keys.forEach(key -> text.append(line(key)).append('\n'));
    Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file;
    // Its name is the lock: of two that change the file one finds it there.
    Path fresh = target.resolveSibling(target.getFileName() + ".new");
    try {
      write(fresh, text.toString());
    } catch (FileAlreadyExistsException e) {
      throw new IOException(
          fresh + " is there: another change is under way, or was cut short; then remove it");
    }
    try {
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
    try (FileChannel folder = FileChannel.open(target.toAbsolutePath().getParent())) {
      folder.force(true);
    }
  }

  private static void write(Path to, String text) throws IOException {
    try (var out =
        Files.newByteChannel(
            to,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SYNC),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        var unused = out.write(bytes);
      }
    }
  }

  static Keyring parse(String text) {
    List<MasterKey> keys = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      String stripped = line.strip();
      if (stripped.isEmpty() || stripped.startsWith("#")) {
        continue;
      }
      try {
        keys.add(key(stripped));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("line " + number + ": " + e.getMessage());
      }
    }
    if (keys.size() > KEYS_MAX) {
      throw new IllegalArgumentException("at most " + KEYS_MAX + " master keys");
    }
    return Keyring.of(keys);
  }

  private static MasterKey key(String line) {
    int colon = line.indexOf(':');
    MasterKey key = MasterKey.of(line.substring(colon + 1));
    if (colon >= 0 && !line.substring(0, colon).equals(key.id())) {
      throw new IllegalArgumentException("that is not the key of this id");
    }
    return key;
  }
}

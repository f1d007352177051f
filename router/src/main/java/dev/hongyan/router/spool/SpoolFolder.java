package dev.hongyan.router.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one process among those of others in the spool. Whoever holds the lock of a folder
 * reads and writes it; the lock vanishes with its process, and then another one may adopt what is
 * left. A folder that is empty is deleted by its holder.
 */
final class SpoolFolder implements AutoCloseable {
  private static final String LOCK = "lock";
  private static final int TRIES = 20;

  private final Path path;
  private final FileChannel lockFile;

  private SpoolFolder(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /** Makes a folder for this process, and the one it is in, readable by us alone. */
  static SpoolFolder make(Path root, String name) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      Path path = root.resolve(i == 0 ? name : name + "-" + i);
      Path unused = Files.createDirectories(path, privately());
      SpoolFolder made = take(path);
      if (made != null) {
        return made;
      } // Somebody just looked whether there is something to adopt, and deletes it.
    }
    throw new IOException("No folder could be made in " + root);
  }

  private static FileAttribute<?>[] privately() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }

  /**
   * Takes a folder.
   *
   * @return null when a live process has it, or it is gone
   */
  static @Nullable SpoolFolder take(Path path) throws IOException {
    FileChannel file = null;
    boolean ours = false;
    try {
      file =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = file.tryLock();
      ours = lock != null;
    } catch (OverlappingFileLockException inThisProcess) {
      ours = false;
    } catch (NoSuchFileException | NotDirectoryException goneMeanwhile) {
      return null;
    } finally {
      if (!ours && file != null) {
        file.close();
      }
    }
    return ours && file != null ? new SpoolFolder(path, file) : null;
  }

  /** Folders below {@code root}, in the order of their names, but {@code except}. */
  static List<Path> below(Path root, Path... except) throws IOException {
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(Files::isDirectory)
          .filter(path -> !List.of(except).contains(path))
          .sorted()
          .toList();
    }
  }

  Path path() {
    return path;
  }

  /** What is there, the oldest first. */
  List<Segment> segments() throws IOException {
    List<Segment> found = new ArrayList<>();
    try (Stream<Path> all = Files.list(path)) {
      all.sorted()
          .forEach(
              file -> {
                Segment segment = Segment.at(this, file);
                if (segment != null) {
                  found.add(segment);
                }
              });
    } catch (NoSuchFileException goneMeanwhile) {
      return List.of();
    }
    return found;
  }

  /** Gives the folder back, and deletes it when nothing is in it any more. */
  @Override
  public void close() throws IOException {
    try {
      boolean empty;
      try (Stream<Path> all = Files.list(path)) {
        empty = all.allMatch(file -> file.getFileName().toString().equals(LOCK));
      } catch (NoSuchFileException goneMeanwhile) {
        return;
      }
      if (empty) {
        // Before the lock is given back: nobody can have come in between.
        Files.deleteIfExists(path.resolve(LOCK));
        Files.deleteIfExists(path);
      }
    } finally {
      lockFile.close();
    }
  }
}

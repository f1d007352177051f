package dev.hongyan.tenant.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Who uses a data folder, by locks of the operating system: they vanish with their process, however
 * it ends, so a file that is left behind means nothing.
 *
 * <p>Every live process holds {@code members.lock} shared; whoever gets it alone is the last. One
 * of them holds {@code keeper.lock}: it starts Redis and starts it again.
 */
final class FolderLocks implements AutoCloseable {
  private final FileChannel membersFile;
  private final FileChannel keeperFile;
  private @Nullable FileLock member;
  private @Nullable FileLock keeper;

  FolderLocks(Path folder) throws IOException {
    this.membersFile = open(folder.resolve("members.lock"));
    this.keeperFile = open(folder.resolve("keeper.lock"));
  }

  /** False while the last of the former members is putting the lights out. */
  boolean tryJoin() throws IOException {
    member = attempt(membersFile, true);
    return member != null;
  }

  /** Whether this process is the keeper (now). */
  boolean tryKeep() throws IOException {
    if (keeper == null) {
      keeper = attempt(keeperFile, false);
    }
    return keeper != null;
  }

  /** Leaves; true when nobody else is here, and then nobody can join before {@link #close}. */
  boolean leaveAsLast() throws IOException {
    if (member != null) {
      member.release();
    }
    member = attempt(membersFile, false);
    return member != null;
  }

  @Override
  public void close() throws IOException {
    keeperFile.close();
    membersFile.close();
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static @Nullable FileLock attempt(FileChannel file, boolean shared) throws IOException {
    try {
      return file.tryLock(0, Long.MAX_VALUE, shared);
    } catch (OverlappingFileLockException e) {
      throw new IOException("the data folder is in use by this very process", e);
    }
  }
}

package dev.hongyan.router.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the spool asks of the disk when it writes; a test counts, or refuses, here. */
interface Disk {
  Disk REAL = new RealDisk();

  /** A new file to write to. */
  Output create(Path file) throws IOException;

  /** Makes the names in a folder durable. */
  void syncFolder(Path folder) throws IOException;

  /** A file that grows at its end. */
  interface Output extends AutoCloseable {
    /** All of {@code bytes}. */
    void write(ByteBuffer bytes) throws IOException;

    /** Makes what was written durable. */
    void force() throws IOException;

    /** Cuts off what is behind {@code length}. */
    void truncate(long length) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** The machine's. */
  final class RealDisk implements Disk {
    @Override
    public Output create(Path file) throws IOException {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      return new Output() {
        @Override
        public void write(ByteBuffer bytes) throws IOException {
          while (bytes.hasRemaining()) {
            int unused = channel.write(bytes);
          }
        }

        @Override
        public void force() throws IOException {
          channel.force(false);
        }

        @Override
        public void truncate(long length) throws IOException {
          var unused = channel.truncate(length);
        }

        @Override
        public void close() throws IOException {
          channel.close();
        }
      };
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}

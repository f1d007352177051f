package dev.hongyan.router.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A real disk that counts forces, and can be made to wait or to refuse. */
final class CountingDisk implements Disk {
  final AtomicInteger forces = new AtomicInteger();

  /** Forces that may pass; many unless a test takes them away. */
  final Semaphore allowed = new Semaphore(1_000_000);

  volatile boolean full;
  volatile boolean forceFails;

  @Override
  public Output create(Path file) throws IOException {
    Output real = REAL.create(file);
    return new Output() {
      @Override
      public void write(ByteBuffer bytes) throws IOException {
        if (full) {
          ByteBuffer half = bytes.duplicate();
          half.limit(half.position() + half.remaining() / 2);
          real.write(half);
          throw new IOException("No space left on device");
        }
        real.write(bytes);
      }

      @Override
      public void force() throws IOException {
        allowed.acquireUninterruptibly();
        forces.incrementAndGet();
        if (forceFails) {
          throw new IOException("Input/output error");
        }
        real.force();
      }

      @Override
      public void truncate(long length) throws IOException {
        real.truncate(length);
      }

      @Override
      public void close() throws IOException {
        real.close();
      }
    };
  }

  @Override
  public void syncFolder(Path folder) throws IOException {
    REAL.syncFolder(folder);
  }
}

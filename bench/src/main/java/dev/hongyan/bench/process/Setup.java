package dev.hongyan.bench.process;

import java.nio.file.Path;

/**
 * Where things are and run.
 *
 * @param root the source tree
 * @param work a folder for data and logs of servers
 * @param serverProcessors processors of the server, as {@code taskset} takes them
 * @param loadProcessors those of the generator, and of the server's store
 * @param jdk what our server, and bare Vert.x, run under
 * @param javaOptions options of the server's JVM
 */
public record Setup(
    Path root,
    Path work,
    String serverProcessors,
    String loadProcessors,
    Jdk jdk,
    String javaOptions) {

  /** The same with another Java. */
  public Setup with(Jdk other) {
    return new Setup(root, work, serverProcessors, loadProcessors, other, javaOptions);
  }
}

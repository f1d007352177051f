package dev.hongyan.bench.process;

import java.nio.file.Path;

/**
 * Where things are and run.
 *
 * @param root the source tree
 * @param work a folder for data and logs of servers
 * @param serverProcessors processors of the server, as {@code taskset} takes them
 * @param loadProcessors those of the generator, and of the server's store
 * @param javaOptions options of the server's JVM
 */
public record Setup(
    Path root, Path work, String serverProcessors, String loadProcessors, String javaOptions) {}

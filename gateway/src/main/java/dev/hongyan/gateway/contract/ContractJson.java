package dev.hongyan.gateway.contract;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;

/**
 * Run by the build: writes the contract as JSON beside the YAML. A node reads it at every start,
 * and reading YAML takes ten times as long, all of it in code that nothing else warms up.
 */
public final class ContractJson {
  private ContractJson() {}

  /** Takes the folder of the compiled classes, in which the YAML is. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    byte[] yaml = Files.readAllBytes(folder.resolve("openapi.yaml"));
    Path target = folder.resolve(nameFor(yaml));
    try (DirectoryStream<Path> before = Files.newDirectoryStream(folder, "openapi.*.json")) {
      for (Path old : before) {
        if (!old.equals(target)) {
          Files.delete(old);
        }
      }
    }
    if (!Files.exists(target)) {
      Files.write(target, Contract.document(Buffer.buffer(yaml)).toBuffer().getBytes());
    }
  }

  /** Of the file made from this YAML; that of another one has another name, and is not taken. */
  static String nameFor(byte[] yaml) {
    CRC32 sum = new CRC32();
    sum.update(yaml);
    return "openapi." + Long.toHexString(sum.getValue()) + ".json";
  }
}

package dev.hongyan.deploy;

import dev.hongyan.observability.logging.Logs;
import java.io.PrintWriter;

/**
 * The {@code hongyan} command.
 *
 * <p>Exit status: 0 done, 1 it failed, 2 the command line or the configuration is wrong. What a
 * person can put right is said in a line on standard error, never as a stack trace.
 */
public final class Hongyan {
  static final int FAILED = 1;
  static final int WRONG = 2;

  private Hongyan() {}

  /** Runs one command and ends the process with its status. */
  public static void main(String[] args) {
    Serving serving = Serving.of(args);
    int status = serving != null ? serve(serving) : Commands.line().execute(args);
    Logs.stop();
    System.exit(status);
  }

  private static int serve(Serving serving) {
    PrintWriter err = new PrintWriter(System.err, true);
    try {
      return serving.run(err);
    } catch (InterruptedException | RuntimeException e) {
      err.println("hongyan: " + e);
      return FAILED;
    }
  }
}

package dev.hongyan.deploy;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.observability.time.VertxTimers;
import dev.hongyan.simulator.SimulateOptions;
import dev.hongyan.simulator.SimulateRun;
import dev.hongyan.simulator.delivery.DeliveryOptions;
import dev.hongyan.simulator.delivery.FlowOptions;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "simulate",
    description = {
      "Be WeChat: push messages and events to an account, with WeChat's retries.",
      "With --api-port also answer API calls as WeChat does, until Ctrl-C."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class SimulateCommand implements Callable<Integer> {
  @Option(
      names = "--url",
      required = true,
      description = "The account's webhook, e.g. http://localhost:8080/wx/acme/shop.")
  private String url;

  @Option(names = "--app-id", required = true, description = "The account's appid.")
  private String appId;

  @Option(names = "--token", required = true, description = "The account's Token.")
  private String token;

  @Option(
      names = "--aes-key",
      description = "The account's EncodingAESKey; not needed in plain mode.")
  private @Nullable String aesKey;

  @Option(names = "--original-id", description = "The account's gh_ id; made up when absent.")
  private @Nullable String originalId;

  @Option(names = "--kind", defaultValue = "mp", description = "mp, mini, wecom or open.")
  private String kind;

  @Option(
      names = "--mode",
      defaultValue = "encrypted",
      description = "plain, compatible or encrypted.")
  private String mode;

  @Option(names = "--format", defaultValue = "xml", description = "xml or json.")
  private String format;

  @Option(
      names = "--rate",
      defaultValue = "5",
      description = "Pushes a second; 0 for as fast as possible.")
  private double rate;

  @Option(
      names = "--count",
      defaultValue = "20",
      description = "How many pushes; 0 for none with --api-port.")
  private long count;

  @Option(names = "--users", defaultValue = "20", description = "How many users write.")
  private int users;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "The same seed gives the same traffic.")
  private long seed;

  @Option(
      names = "--only",
      description = "Types of pushes, comma-separated, e.g. text,event; all when absent.")
  private @Nullable String only;

  @Option(
      names = "--verify-url",
      description = "Do the URL verification first, as when an owner saves the settings.")
  private boolean verifyUrl;

  @Option(
      names = "--api-port",
      description = "Serve WeChat's API on this port of 127.0.0.1; 0 for any that is free.")
  private @Nullable Integer apiPort;

  @Option(names = "--secret", description = "The account's AppSecret; needed with --api-port.")
  private @Nullable String secret;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SimulateCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    Vertx vertx = Vertx.vertx();
    try {
      SimulateOptions options =
          new SimulateOptions(
              SimulateOptions.account(
                  url, kind, appId, originalId, token, secret, aesKey, mode, format),
              count == 0 ? null : FlowOptions.of(rate, count),
              DeliveryOptions.wechat(),
              seed,
              users,
              SimulateOptions.only(only),
              verifyUrl,
              SimulateOptions.api(apiPort));
      return new SimulateRun(
              vertx,
              Clock.system(),
              new VertxTimers(vertx),
              options,
              System.out,
              ZoneId.systemDefault())
          .run()
          .toCompletionStage()
          .toCompletableFuture()
          .get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IllegalArgumentException wrong) {
        throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()));
      }
      if (e.getCause() instanceof BindException) {
        spec.commandLine().getErr().println("hongyan: --api-port " + apiPort + " is not free");
        return Hongyan.FAILED;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      var unused = vertx.close();
    }
  }
}

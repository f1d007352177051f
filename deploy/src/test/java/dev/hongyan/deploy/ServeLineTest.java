package dev.hongyan.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class ServeLineTest {
  @Test
  void aPlainLineIsReadWithoutTheParser() {
    assertThat(Serving.of(new String[] {"serve"}))
        .isEqualTo(new Serving(null, false, false, false));
    assertThat(Serving.of(new String[] {"serve", "--child", "-c", "a.yaml", "--demo"}))
        .isEqualTo(new Serving(Path.of("a.yaml"), false, true, true));
    assertThat(Serving.of(new String[] {"serve", "--config", "a.yaml", "--rehearsal"}))
        .isEqualTo(new Serving(Path.of("a.yaml"), true, false, false));
  }

  @Test
  void everythingElseIsLeftToTheParser() {
    for (String line :
        new String[] {
          "demo", "serve --help", "serve --config", "serve --config=a.yaml", "serve -c --demo",
          "serve -c a -c b", "serve --unknown", "serve a.yaml", "--help", "sevre"
        }) {
      assertThat(Serving.of(line.split(" "))).as(line).isNull();
    }
    assertThat(Serving.of(new String[] {})).isNull();
  }

  @Test
  void everyOptionOfTheParserIsKnownToBoth() {
    CommandLine serve = Commands.line().getSubcommands().get("serve");
    for (OptionSpec option : serve.getCommandSpec().options()) {
      for (String name : option.names()) {
        if (!option.usageHelp() && !option.versionHelp()) {
          String[] line =
              option.arity().max() == 0
                  ? new String[] {"serve", name}
                  : new String[] {"serve", name, "a"};
          assertThat(Serving.of(line)).as(name).isNotNull();
        }
      }
    }
  }
}

package dev.hongyan.router.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SendViewTest {
  private final List<String> notes = new ArrayList<>();

  private void attempt(String outcome) {
    notes.add(
        "{\"what\":\"attempt\",\"at\":1700000000000,\"consumer\":\"sends\",\"attempt\":1,\"outcome\":\""
            + outcome
            + "\",\"tookMs\":3}");
  }

  private void note(String what, String outcome) {
    notes.add("{\"what\":\"" + what + "\",\"at\":1700000000001,\"outcome\":\"" + outcome + "\"}");
  }

  private SendView.State state(String msgid) {
    return SendView.of(new JsonObject(), msgid, notes).state();
  }

  @Test
  void itIsAsFarAsTheLastAttempt() {
    assertThat(state(null)).isEqualTo(SendView.State.PENDING);
    attempt("retry");
    assertThat(state(null)).isEqualTo(SendView.State.PENDING);
    attempt("dead");
    assertThat(state(null)).isEqualTo(SendView.State.DEAD);
    attempt("retry"); // put back
    assertThat(state(null)).isEqualTo(SendView.State.PENDING);
    note("expired", "");
    assertThat(state(null)).isEqualTo(SendView.State.EXPIRED);
  }

  @Test
  void whatWeChatTookIsSentWhateverTheTrailSays() {
    assertThat(state("77")).as("its notes are not there yet").isEqualTo(SendView.State.SENT);
    attempt("retry"); // its answer was lost, and then found
    assertThat(state("")).isEqualTo(SendView.State.SENT);
  }

  @Test
  void theResultHasTheLastWord() {
    attempt("delivered");
    note("result", "failed:user block");
    assertThat(state("77")).isEqualTo(SendView.State.FAILED);
    note("result", "success");
    assertThat(state("77")).isEqualTo(SendView.State.SENT);
  }
}

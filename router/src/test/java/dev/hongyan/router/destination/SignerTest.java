package dev.hongyan.router.destination;

import static dev.hongyan.router.destination.Deliveries.OLD_SECRET;
import static dev.hongyan.router.destination.Deliveries.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.secret.Secret;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SignerTest {
  private static final String BODY = "{\"test\": 2432232314}";

  @Test
  void signsAsTheSpecificationsExample() {
    Signer signer = new Signer(Deliveries.destination("https://d.test/"));

    assertThat(signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", bytes(BODY), 0))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void theSameSignerSignsAgainAndAgain() throws Exception {
    Signer signer = new Signer(Deliveries.destination("https://d.test/"));
    for (int i = 0; i < 5; i++) {
      verify(SECRET, signer, "7265" + i, "{\"n\":" + i + ",\"text\":\"你好\"}", 0);
    }
  }

  @Test
  void whileASecretIsReplacedBothHoldersCanVerify() throws Exception {
    Signer signer = new Signer(rotating(1_000_000));

    assertThat(signer.sign("1", "1", bytes(BODY), 999_999).split(" ")).hasSize(2);
    verify(SECRET, signer, "1", BODY, 999_999);
    verify(OLD_SECRET, signer, "1", BODY, 999_999);
  }

  @Test
  void aPreviousSecretSignsNothingOnceItHasEnded() {
    Signer signer = new Signer(rotating(1_000_000));

    assertThat(signer.sign("1", "1", bytes(BODY), 1_000_000)).doesNotContain(" ");
    assertThatThrownBy(() -> verify(OLD_SECRET, signer, "1", BODY, 1_000_000))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @Test
  void aBodyThatWasChangedDoesNotVerify() {
    Signer signer = new Signer(Deliveries.destination("https://d.test/"));
    String timestamp = Long.toString(System.currentTimeMillis() / 1000);
    String signature = signer.sign("1", timestamp, bytes(BODY), 0);

    assertThatThrownBy(
            () -> new Webhook(SECRET).verify(BODY + " ", headers("1", timestamp, signature)))
        .isInstanceOf(WebhookVerificationException.class);
  }

  @Test
  void aSecretThatIsNoKeyIsRefusedWithoutBeingQuoted() {
    for (String secret : List.of("whsec_***", "whsec_", "whsec_topsecret!")) {
      Destination bad =
          new Destination(
              "d",
              "https://d.test/",
              List.of(),
              Secret.of(secret),
              List.of(),
              1,
              Duration.ofSeconds(1),
              List.of(),
              true,
              null);
      assertThatThrownBy(() -> new Signer(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasNoCause()
          .hasMessage("secret: not whsec_ and base64");
    }
  }

  private static Destination rotating(long untilMillis) {
    return Deliveries.destination(
        "https://d.test/",
        List.of(new Destination.PreviousSecret(Secret.of(OLD_SECRET), untilMillis)));
  }

  /** By the library of the Standard Webhooks project, which wants a timestamp of today. */
  private static void verify(String secret, Signer signer, String id, String body, long now)
      throws Exception {
    String timestamp = Long.toString(System.currentTimeMillis() / 1000);
    new Webhook(secret)
        .verify(body, headers(id, timestamp, signer.sign(id, timestamp, bytes(body), now)));
  }

  private static HttpHeaders headers(String id, String timestamp, String signature) {
    return HttpHeaders.of(
        Map.of(
            "webhook-id", List.of(id),
            "webhook-timestamp", List.of(timestamp),
            "webhook-signature", List.of(signature)),
        (name, value) -> true);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

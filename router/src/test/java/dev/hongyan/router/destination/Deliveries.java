package dev.hongyan.router.destination;

import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogEntry;
import dev.hongyan.tenant.routing.Destination;
import dev.hongyan.tenant.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** Destinations, messages and results as tests need them. */
final class Deliveries {
  static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  static final String OLD_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  static final long ID = 7_265_000_000_000_000_001L;

  private Deliveries() {}

  static Destination destination(String url) {
    return destination(url, List.of());
  }

  static Destination destination(String url, List<Destination.PreviousSecret> previous) {
    return new Destination(
        "crm",
        url,
        List.of(),
        Secret.of(SECRET),
        previous,
        8,
        Duration.ofSeconds(15),
        Destination.DEFAULT_RETRY,
        true,
        null);
  }

  static LogEntry entry() {
    return entry("{\"Content\":\"你好\"}");
  }

  static LogEntry entry(String data) {
    byte[] event =
        new EnvelopeWriter(() -> 42)
            .write(
                new Envelope(
                    ID,
                    "acme",
                    "shop",
                    "wx.mp.message.text",
                    "oid\"1",
                    1_700_000_000_000L,
                    "wx1",
                    "99",
                    TRACEPARENT),
                data.getBytes(StandardCharsets.UTF_8));
    EntryHeader header = new EntryHeader(ID, "wx.mp.message.text", "oid\"1", 1_700_000_000_000L, 0);
    return new LogEntry("acme", "e1", 7, header, event);
  }

  static AttemptResult result(Outcome outcome) {
    return new AttemptResult(
        outcome, false, 0, outcome.toString(), null, new byte[0], Duration.ofMillis(5));
  }
}

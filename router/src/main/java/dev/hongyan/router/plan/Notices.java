package dev.hongyan.router.plan;

import dev.hongyan.observability.time.Clock;
import dev.hongyan.router.envelope.Envelope;
import dev.hongyan.router.envelope.EnvelopeWriter;
import dev.hongyan.router.log.EntryHeader;
import dev.hongyan.router.log.LogAppender;
import dev.hongyan.router.log.NewMessage;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells tenants what the platform did or saw: messages under {@code sys.} in their own logs. */
public final class Notices {
  private static final Logger LOG = LoggerFactory.getLogger(Notices.class);

  private final LogAppender log;
  private final EnvelopeWriter envelopes;
  private final LongSupplier ids;
  private final Clock clock;

  public Notices(LogAppender log, EnvelopeWriter envelopes, LongSupplier ids, Clock clock) {
    this.log = log;
    this.envelopes = envelopes;
    this.ids = ids;
    this.clock = clock;
  }

  Republish.Tools tools() {
    return new Republish.Tools(log, envelopes, ids, clock);
  }

  /** Appends one; when the store is away it is lost, and said in our own log. */
  public void tell(String tenant, String topic, String subject, JsonObject data) {
    long id = ids.getAsLong();
    long now = clock.wallMillis();
    byte[] event =
        envelopes.write(
            new Envelope(id, tenant, null, topic, subject, now, null, null, null),
            data.encode().getBytes(StandardCharsets.UTF_8));
    log.append(
            new NewMessage(tenant, new EntryHeader(id, topic, subject, now, 0), null, null, event))
        .onFailure(e -> LOG.warn("{} was not told to {}: {}", topic, tenant, e.getMessage()));
  }
}

package dev.hongyan.router.envelope;

import dev.hongyan.observability.tracing.Span;
import dev.hongyan.observability.tracing.TraceHeader;
import dev.hongyan.observability.tracing.Tracing;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the CloudEvents 1.0 JSON of a message, once: these bytes go into the log, into WebSocket
 * frames and into HTTP bodies as they are. For one thread; keeps a buffer that is reused.
 */
public final class EnvelopeWriter {
  private static final byte[] HEX = ascii("0123456789abcdef");
  private static final byte[] OPEN = ascii("{\"specversion\":\"1.0\",\"id\":\"");
  private static final byte[] SOURCE = ascii("\",\"source\":\"/tenants/");
  private static final byte[] ACCOUNTS = ascii("/accounts/");
  private static final byte[] TYPE = ascii("\",\"type\":\"");
  private static final byte[] SUBJECT = ascii("\",\"subject\":\"");
  private static final byte[] TIME = ascii("\",\"time\":\"");
  private static final byte[] TRACE =
      ascii("\",\"datacontenttype\":\"application/json\",\"traceparent\":\"");
  private static final byte[] TENANT = ascii("\",\"tenant\":\"");
  private static final byte[] ACCOUNT = ascii("\",\"account\":\"");
  private static final byte[] APPID = ascii("\",\"wxappid\":\"");
  private static final byte[] MSGID = ascii("\",\"wxmsgid\":\"");
  private static final byte[] DATA = ascii("\",\"data\":");
  private static final int KEEP_AT_MOST = 64 * 1024;

  private final LongSupplier random;
  private final Tracing tracing;
  private byte[] out = new byte[2048];
  private int n;
  private long epochDay = 0;
  private final byte[] day = ascii("1970-01-01T");

  /** {@code random} gives 64 random bits a call, for trace and span ids. */
  public EnvelopeWriter(LongSupplier random) {
    this(random, Tracing.off());
  }

  /** The same, where {@code tracing} knows whether a trace that begins here is kept. */
  public EnvelopeWriter(LongSupplier random, Tracing tracing) {
    this.random = random;
    this.tracing = tracing;
  }

  /** The whole event; {@code data} must be one JSON value in UTF-8 and is copied as it is. */
  public byte[] write(Envelope e, byte[] data) {
    return write(e, data, null);
  }

  /**
   * The same.
   *
   * @param span the step that the message comes from, which takes the place of {@link
   *     Envelope#traceparent()}; null for none
   */
  public byte[] write(Envelope e, byte[] data, @Nullable Span span) {
    n = 0;
    put(OPEN);
    putDecimal(e.id());
    put(SOURCE);
    putText(e.tenant());
    if (e.account() != null) {
      put(ACCOUNTS);
      putText(e.account());
    }
    put(TYPE);
    putText(e.topic());
    if (e.subject() != null && !e.subject().isEmpty()) { // CloudEvents knows no empty subject
      put(SUBJECT);
      putText(e.subject());
    }
    put(TIME);
    putTime(e.timeMillis());
    put(TRACE);
    putTraceparent(e.traceparent(), span);
    put(TENANT);
    putText(e.tenant());
    if (e.account() != null) {
      put(ACCOUNT);
      putText(e.account());
    }
    if (e.wxAppId() != null) {
      put(APPID);
      putText(e.wxAppId());
    }
    if (e.wxMessageId() != null) {
      put(MSGID);
      putText(e.wxMessageId());
    }
    put(DATA);
    put(data);
    room(1);
    out[n++] = '}';
    byte[] event = Arrays.copyOf(out, n);
    if (out.length > KEEP_AT_MOST) {
      out = new byte[2048];
    }
    return event;
  }

  private void putTraceparent(@Nullable String given, @Nullable Span span) {
    room(TraceHeader.LENGTH);
    if (span != null) {
      span.write(out, n);
    } else if (given != null && TraceHeader.isValid(given)) {
      putText(given);
      return;
    } else {
      long high = random.getAsLong() | 1;
      long low = random.getAsLong();
      TraceHeader.write(out, n, high, low, random.getAsLong() | 1, tracing.keeps(low));
    }
    n += TraceHeader.LENGTH;
  }

  /** RFC 3339 in UTC with milliseconds; the date part is worked out once a day. */
  private void putTime(long millis) {
    long seconds = Math.floorDiv(millis, 1000);
    long today = Math.floorDiv(seconds, 86_400);
    if (today != epochDay) {
      epochDay = today;
      byte[] text = ascii(LocalDate.ofEpochDay(today).toString());
      System.arraycopy(text, 0, day, 0, 10);
    }
    put(day);
    room(13);
    int second = (int) (seconds - today * 86_400);
    put2(second / 3600);
    out[n++] = ':';
    put2(second / 60 % 60);
    out[n++] = ':';
    put2(second % 60);
    out[n++] = '.';
    int ms = (int) Math.floorMod(millis, 1000);
    out[n++] = (byte) ('0' + ms / 100);
    put2(ms % 100);
    out[n++] = 'Z';
  }

  private void put2(int v) {
    out[n++] = (byte) ('0' + v / 10);
    out[n++] = (byte) ('0' + v % 10);
  }

  private void putDecimal(long v) {
    room(20);
    int digits = 1;
    for (long rest = v / 10; rest > 0; rest /= 10) {
      digits++;
    }
    int end = n + digits;
    long rest = v;
    for (int i = end - 1; i >= n; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    n = end;
  }

  /** JSON string contents: ASCII at once, everything else the long way. */
  private void putText(String s) {
    int length = s.length();
    room(length);
    for (int i = 0; i < length; i++) {
      char c = s.charAt(i);
      if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
        putEscaped(s, i);
        return;
      }
      out[n++] = (byte) c;
    }
  }

  private void putEscaped(String s, int from) {
    byte[] utf8 = s.substring(from).getBytes(StandardCharsets.UTF_8);
    room(utf8.length * 6);
    for (byte b : utf8) {
      if (b == '"' || b == '\\') {
        out[n++] = '\\';
        out[n++] = b;
      } else if (b >= 0 && b < 0x20) {
        out[n++] = '\\';
        out[n++] = 'u';
        out[n++] = '0';
        out[n++] = '0';
        out[n++] = HEX[b >> 4];
        out[n++] = HEX[b & 15];
      } else {
        out[n++] = b;
      }
    }
  }

  private void put(byte[] bytes) {
    room(bytes.length);
    System.arraycopy(bytes, 0, out, n, bytes.length);
    n += bytes.length;
  }

  private void room(int more) {
    if (n + more > out.length) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, n + more));
    }
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }
}

package dev.hongyan.observability.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.List;

/** A span as the exporter reads it. */
final class OtlpSpan implements SpanData {
  private static final InstrumentationScopeInfo SCOPE =
      InstrumentationScopeInfo.create("dev.hongyan");

  private final Ended ended;
  private final Resource process;
  private final SpanContext own;
  private final SpanContext parent;
  private final Attributes attributes;

  OtlpSpan(Ended ended, Resource process) {
    this.ended = ended;
    this.process = process;
    String trace = hex(ended.span().traceHigh) + hex(ended.span().traceLow);
    this.own = context(trace, ended.span().id);
    this.parent =
        ended.span().parent == 0 ? SpanContext.getInvalid() : context(trace, ended.span().parent);
    this.attributes = attributes(ended.attributes());
  }

  private static SpanContext context(String trace, long id) {
    return SpanContext.create(trace, hex(id), TraceFlags.getSampled(), TraceState.getDefault());
  }

  private static String hex(long bits) {
    String digits = Long.toHexString(bits);
    return "0".repeat(16 - digits.length()) + digits;
  }

  private static Attributes attributes(Object[] pairs) {
    AttributesBuilder out = Attributes.builder();
    for (int i = 0; i + 1 < pairs.length; i += 2) {
      String name = String.valueOf(pairs[i]);
      Object value = pairs[i + 1];
      if (value instanceof Long number) {
        out.put(name, number);
      } else if (value != null) {
        out.put(name, value.toString());
      }
    }
    return out.build();
  }

  @Override
  public SpanContext getSpanContext() {
    return own;
  }

  @Override
  public SpanContext getParentSpanContext() {
    return parent;
  }

  @Override
  public Resource getResource() {
    return process;
  }

  @Override
  public InstrumentationScopeInfo getInstrumentationScopeInfo() {
    return SCOPE;
  }

  @Override
  @SuppressWarnings({"deprecation", "InlineMeSuggester"}) // the interface still has it
  public io.opentelemetry.sdk.common.InstrumentationLibraryInfo getInstrumentationLibraryInfo() {
    return io.opentelemetry.sdk.common.InstrumentationLibraryInfo.create(SCOPE.getName(), null);
  }

  @Override
  public String getName() {
    return ended.name();
  }

  @Override
  public SpanKind getKind() {
    return switch (ended.kind()) {
      case SERVER -> SpanKind.SERVER;
      case CLIENT -> SpanKind.CLIENT;
      case PRODUCER -> SpanKind.PRODUCER;
    };
  }

  @Override
  public long getStartEpochNanos() {
    return ended.beganNanos();
  }

  @Override
  public long getEndEpochNanos() {
    return ended.endedNanos();
  }

  @Override
  public boolean hasEnded() {
    return true;
  }

  @Override
  public StatusData getStatus() {
    String error = ended.error();
    return error == null ? StatusData.unset() : StatusData.create(StatusCode.ERROR, error);
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public int getTotalAttributeCount() {
    return attributes.size();
  }

  @Override
  public List<EventData> getEvents() {
    return List.of();
  }

  @Override
  public int getTotalRecordedEvents() {
    return 0;
  }

  @Override
  public List<LinkData> getLinks() {
    return List.of();
  }

  @Override
  public int getTotalRecordedLinks() {
    return 0;
  }
}

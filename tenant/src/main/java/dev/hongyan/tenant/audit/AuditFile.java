package dev.hongyan.tenant.audit;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * An exported chain, checked line by line, without the platform: a first line with the scope and
 * the anchor, the entries, a last line with how many there are and the newest hash.
 */
public final class AuditFile {
  private @Nullable Chain chain;
  private long lines;
  private long entries;
  private @Nullable String problem;
  private boolean ended;

  /** The first line of an export. */
  public static String first(String scope, AuditLog.Page page) {
    return new JsonObject()
        .put("audit", scope)
        .put("anchor", new JsonObject().put("seq", page.anchorSeq()).put("hash", page.anchorHash()))
        .encode();
  }

  /** The last line of an export. */
  public static String last(long entries, long seq, String hash) {
    return new JsonObject()
        .put("entries", entries)
        .put("head", new JsonObject().put("seq", seq).put("hash", hash))
        .encode();
  }

  /** Takes the next line, without its end. */
  public void line(String line) {
    lines++;
    if (problem != null) {
      return;
    }
    try {
      if (ended) {
        problem = "line " + lines + ": something comes after the end";
      } else if (AuditEntry.isLine(line)) {
        entry(AuditEntry.ofLine(line));
      } else {
        other(new JsonObject(line));
      }
    } catch (DecodeException | ClassCastException | NullPointerException e) {
      problem = "line " + lines + ": is no line of an export";
    }
  }

  private void entry(AuditEntry entry) {
    if (chain == null) {
      problem = "line " + lines + ": an entry before the first line of the export";
      return;
    }
    AuditLog.Break broken = chain.take(entry);
    if (broken == null) {
      entries++;
    } else {
      problem = "line " + lines + ": entry " + broken.seq() + " is " + broken.problem();
    }
  }

  private void other(JsonObject json) {
    if (chain == null) {
      JsonObject anchor = json.getJsonObject("anchor");
      Chain.Link from = new Chain.Link(anchor.getLong("seq"), anchor.getString("hash"));
      Chain.Link origin = Chain.origin(json.getString("audit"));
      if (from.seq() == 0 && !from.equals(origin)) {
        problem = "line 1: the chain begins with a foreign hash";
      }
      chain = new Chain(from);
      return;
    }
    JsonObject head = json.getJsonObject("head");
    Chain.Link said = new Chain.Link(head.getLong("seq"), head.getString("hash"));
    if (!said.equals(chain.at()) || json.getLong("entries") != entries) {
      problem =
          "line " + lines + ": the last line names another end than entry " + chain.at().seq();
    }
    ended = true;
  }

  /** What is wrong, naming the line; null when nothing is. To be asked at the end. */
  public @Nullable String problem() {
    return problem == null && !ended ? "the last line is missing: the file was cut off" : problem;
  }

  /** Entries that were good. */
  public long entries() {
    return entries;
  }
}

package dev.hongyan.gateway.stream;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.router.cursor.Cursor;
import dev.hongyan.router.cursor.StartAt;
import dev.hongyan.router.topic.TopicPattern;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request wants to read. A field that is not known here is refused, so that a misspelt
 * {@code topics} does not bring everything.
 *
 * @param sub the subscription's name
 * @param topics empty for everything that the caller may read
 * @param at where to begin, unless the server knows better
 * @param done everything up to here was done; only for a durable name
 * @param max messages of a poll
 * @param patience how long a poll without messages waits
 */
record Ask(
    String sub,
    boolean durable,
    List<TopicPattern> topics,
    StartAt at,
    @Nullable Cursor done,
    int max,
    Duration patience) {
  private static final String LIVE_NAME = "live";
  private static final Set<String> OF_STREAM = Set.of("sub", "topics", "mode", "cursor");
  private static final Set<String> OF_POLL =
      Set.of("sub", "topics", "cursor", "max", "waitMs", "ack");
  private static final int MAX_DEFAULT = 100;
  private static final int MAX_MOST = 500;
  private static final int WAIT_DEFAULT = 20_000;
  private static final int WAIT_MOST = 30_000;

  Ask {
    topics = List.copyOf(topics);
  }

  /** A stream; {@code Last-Event-ID} is newer than the {@code cursor} of the address. */
  static Ask stream(HttpServerRequest request) {
    Fields in = new Fields(request.params(), OF_STREAM);
    String mode = in.text("mode");
    boolean durable = "durable".equals(mode);
    if (mode != null && !durable && !mode.equals("live")) {
      in.refuse("mode", "must be live or durable");
    }
    String last = request.getHeader("last-event-id");
    boolean resumes = last != null && !last.isEmpty();
    StartAt at = in.start(resumes ? "Last-Event-ID" : "cursor", resumes ? last : in.text("cursor"));
    String sub = in.name(durable);
    List<TopicPattern> topics = in.topics();
    in.check();
    return new Ask(sub, durable, topics, at, durable ? at.cursor() : null, 0, Duration.ZERO);
  }

  /** A poll; with a {@code sub} the server keeps the cursor, without one the client does. */
  static Ask poll(HttpServerRequest request) {
    Fields in = new Fields(request.params(), OF_POLL);
    boolean durable = in.text("sub") != null;
    String acked = in.text("ack");
    Cursor done = acked == null ? null : Cursor.parse(acked);
    if (acked != null && done == null) {
      in.refuse("ack", "is no cursor of ours");
    } else if (acked != null && !durable) {
      in.refuse("ack", "needs a sub");
    }
    StartAt at = in.start("cursor", in.text("cursor"));
    int max = in.number("max", MAX_DEFAULT, 1, MAX_MOST);
    int wait = in.number("waitMs", WAIT_DEFAULT, 0, WAIT_MOST);
    String sub = in.name(durable);
    List<TopicPattern> topics = in.topics();
    in.check();
    // an acknowledged place is also where to begin when the name was forgotten meanwhile
    StartAt begin = done == null ? at : new StartAt(StartAt.Kind.CURSOR, done);
    return new Ask(sub, durable, topics, begin, done, max, Duration.ofMillis(wait));
  }

  /** The query, and what is wrong with it. */
  private static final class Fields {
    private final MultiMap query;
    private final List<FieldError> errors = new ArrayList<>();

    Fields(MultiMap query, Set<String> known) {
      this.query = query;
      for (String name : query.names()) {
        if (!known.contains(name)) {
          refuse(name, "is not known here");
        }
      }
    }

    void refuse(String field, String why) {
      errors.add(new FieldError(field, why));
    }

    @Nullable String text(String name) {
      return query.get(name);
    }

    String name(boolean needed) {
      String sub = text("sub");
      if (sub == null && needed) {
        refuse("sub", "is required in this mode");
      }
      return sub == null ? LIVE_NAME : sub;
    }

    StartAt start(String field, @Nullable String text) {
      StartAt at = StartAt.parse(text);
      if (at == null) {
        refuse(field, "is no cursor of ours");
      }
      return at == null ? StartAt.NOW : at;
    }

    /** Patterns, separated by commas or given one by one. */
    List<TopicPattern> topics() {
      Set<TopicPattern> out = new LinkedHashSet<>();
      for (String list : query.getAll("topics")) {
        for (String text : list.split(",", -1)) {
          String problem = TopicPattern.problemWith(text);
          if (problem != null) {
            refuse("topics", "has a pattern that " + problem);
            return List.of();
          }
          out.add(TopicPattern.parse(text));
        }
      }
      return List.copyOf(out);
    }

    int number(String name, int fallback, int least, int most) {
      String text = text(name);
      if (text == null) {
        return fallback;
      }
      try {
        int n = Integer.parseInt(text);
        if (n >= least && n <= most) {
          return n;
        }
      } catch (NumberFormatException notANumber) {
        // told below, like a number out of range
      }
      refuse(name, "must be a whole number from " + least + " to " + most);
      return fallback;
    }

    void check() {
      if (!errors.isEmpty()) {
        throw new ProblemException(Problem.VALIDATION, "The query is not valid", errors);
      }
    }
  }
}

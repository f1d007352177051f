package dev.hongyan.router.filter;

import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A condition over an event in the Common Expression Language (cel.dev), like {@code data.Content
 * == "hello" && subject != ""}.
 *
 * <p>{@code event} is the CloudEvent; {@code data}, {@code type}, {@code subject}, {@code account}
 * and {@code tenant} are its attributes of that name ({@code data} as an object; what a tenant
 * published may be something else, which is {@code event.data}). The language is cut down to what
 * cannot grow: macros are {@code has}, {@code all}, {@code exists} and {@code exists_one}; texts
 * and lists are not joined by {@code +}; lists inside of a macro's condition hold constants only.
 * Expressions have at most 4,096 characters and 1,000 parts and give a bool; an evaluation ends
 * after 1,000 rounds of its macros.
 *
 * <p>Compiled filters are immutable and may be shared by threads.
 */
public final class EventFilter {
  public static final int LENGTH_MAX = 4_096;

  static final String EVENT = "event";

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .maxExpressionCodePointSize(LENGTH_MAX)
          .maxParseRecursionDepth(32)
          .maxParseExpressionNodeCount(1_000)
          .maxParseErrorRecoveryLimit(1)
          .comprehensionMaxIterations(500)
          .maxRegexProgramSize(200)
          .enableHeterogeneousNumericComparisons(true)
          .build();

  /** Joining makes values that double with every nesting; a condition has no need of it. */
  private static final Set<String> JOINS = Set.of("ADD_STRING", "ADD_BYTES", "ADD_LIST");

  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setOptions(OPTIONS)
          .setStandardMacros(
              CelStandardMacro.HAS,
              CelStandardMacro.ALL,
              CelStandardMacro.EXISTS,
              CelStandardMacro.EXISTS_ONE)
          .setStandardEnvironmentEnabled(false)
          .setStandardDeclarations(
              CelStandardDeclarations.newBuilder()
                  .filterFunctions((function, overload) -> !JOINS.contains(overload.toString()))
                  .build())
          .addVar(EVENT, MapType.create(SimpleType.STRING, SimpleType.DYN))
          .addVar("data", MapType.create(SimpleType.STRING, SimpleType.DYN))
          .addVar("type", SimpleType.STRING)
          .addVar("subject", SimpleType.STRING)
          .addVar("account", SimpleType.STRING)
          .addVar("tenant", SimpleType.STRING)
          .setResultType(SimpleType.BOOL)
          .build();

  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.standardCelRuntimeBuilder()
          .setOptions(OPTIONS)
          .setStandardEnvironmentEnabled(false)
          .setStandardFunctions(
              CelStandardFunctions.newBuilder()
                  .filterFunctions((function, overload) -> !JOINS.contains(overload.toString()))
                  .build())
          .build();

  private final CelRuntime.Program program;

  /** What a filter says of an event. */
  public enum Verdict {
    PASSES,
    FILTERED,

    /** It could not say: something is missing, of another kind, or takes too long. Not passed. */
    FAILED
  }

  private EventFilter(CelRuntime.Program program) {
    this.program = program;
  }

  /** Takes about a millisecond; do it when configuration changes, not per message. */
  public static EventFilter compile(String expression) throws FilterException {
    if (expression.length() > LENGTH_MAX) {
      throw new FilterException(1, LENGTH_MAX + 1, "longer than " + LENGTH_MAX + " characters");
    }
    try {
      CelValidationResult result = COMPILER.compile(expression);
      if (result.hasError()) {
        throw problem(result.getErrors().get(0));
      }
      CelAbstractSyntaxTree ast = result.getAst();
      Growth.refuse(ast);
      return new EventFilter(RUNTIME.createProgram(ast));
    } catch (CelValidationException | CelEvaluationException e) {
      throw new FilterException(1, 1, oneLine(String.valueOf(e.getMessage())));
    }
  }

  /** Says what is wrong with an expression, and where; null when nothing is. */
  public static @Nullable String problemWith(String expression) {
    try {
      EventFilter unused = compile(expression);
      return null;
    } catch (FilterException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** For an entry that only one filter looks at. */
  public Verdict test(byte[] event) {
    return test(new ParsedEvent(event));
  }

  /** For an entry that several filters look at. */
  public Verdict test(ParsedEvent event) {
    Effort effort = event.effort();
    effort.begin();
    try {
      Object said = program.eval(event);
      return said instanceof Boolean yes && !effort.isSpent()
          ? yes ? Verdict.PASSES : Verdict.FILTERED
          : Verdict.FAILED;
    } catch (CelEvaluationException | RuntimeException e) {
      return Verdict.FAILED;
    }
  }

  private static FilterException problem(CelIssue issue) {
    CelSourceLocation at = issue.getSourceLocation();
    return new FilterException(
        Math.max(1, at.getLine()), Math.max(0, at.getColumn()) + 1, oneLine(issue.getMessage()));
  }

  private static String oneLine(String text) {
    String line = text.replace('\n', ' ').replace('\r', ' ').strip();
    return line.length() <= 200 ? line : line.substring(0, 200) + "…";
  }
}

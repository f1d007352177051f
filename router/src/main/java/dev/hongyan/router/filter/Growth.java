package dev.hongyan.router.filter;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;

/**
 * Refuses expressions whose work grows with the depth of their nesting: a list of variables inside
 * of a macro's condition can be walked by the next macro, and so on, each multiplying the one
 * before. Lists of constants ({@code x in ["a", "b"]}) stay what they are.
 */
final class Growth {
  /** Macros inside of a macro's condition. */
  private static final int MACROS_DEEP_MAX = 2;

  /** Parts of all macros' conditions together: they are what is evaluated up to 500 times. */
  private static final int REPEATED_MAX = 60;

  private final CelAbstractSyntaxTree ast;
  private int repeated;

  private Growth(CelAbstractSyntaxTree ast) {
    this.ast = ast;
  }

  static void refuse(CelAbstractSyntaxTree ast) throws FilterException {
    new Growth(ast).walk(ast.getExpr(), 0);
  }

  /** Depth is bounded by the parser. */
  private void walk(CelExpr e, int macros) throws FilterException {
    if (macros > 0 && ++repeated > REPEATED_MAX) {
      throw problem(e, "more than " + REPEATED_MAX + " parts inside of macros");
    }
    switch (e.exprKind().getKind()) {
      case SELECT -> walk(e.select().operand(), macros);
      case CALL -> {
        if (e.call().target().isPresent()) {
          walk(e.call().target().get(), macros);
        }
        for (CelExpr arg : e.call().args()) {
          walk(arg, macros);
        }
      }
      case LIST -> {
        for (CelExpr element : e.list().elements()) {
          part(e, element, macros);
        }
      }
      case MAP -> {
        for (CelExpr.CelMap.Entry entry : e.map().entries()) {
          part(e, entry.key(), macros);
          part(e, entry.value(), macros);
        }
      }
      case COMPREHENSION -> {
        if (macros >= MACROS_DEEP_MAX) {
          throw problem(e, "macros nested too deep");
        }
        walk(e.comprehension().iterRange(), macros);
        walk(e.comprehension().loopStep(), macros + 1);
      }
      case STRUCT -> throw problem(e, "messages cannot be made here");
      case CONSTANT, IDENT, NOT_SET -> {}
    }
  }

  private void part(CelExpr of, CelExpr part, int macros) throws FilterException {
    if (macros > 0 && part.exprKind().getKind() != Kind.CONSTANT) {
      throw problem(of, "only constants can be listed inside of a macro");
    }
    walk(part, macros);
  }

  private FilterException problem(CelExpr at, String what) {
    CelSourceLocation place =
        ast.getSource().getOffsetLocation(offset(at)).orElse(CelSourceLocation.of(1, 0));
    return new FilterException(place.getLine(), place.getColumn() + 1, what);
  }

  private int offset(CelExpr at) {
    Integer position = ast.getSource().getPositionsMap().get(at.id());
    return position == null ? 0 : position;
  }
}

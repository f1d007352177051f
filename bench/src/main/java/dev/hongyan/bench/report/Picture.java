package dev.hongyan.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The figures of one scenario as an SVG: a panel per figure, in it a bar per run, as long as its
 * median, with a line from the smallest to the largest where there were several. Bars of one panel
 * share their scale, panels do not. Bars are blue for us and grey for others.
 */
final class Picture {
  private static final int WIDTH = 960;
  private static final int LABEL = 300;
  private static final int BAR = 480;
  private static final int ROW = 20;
  private static final int PANEL_HEAD = 30;
  private static final int HEAD = 64;
  private static final int PANELS_MAX = 16;
  private static final String OURS = "#2563eb";
  private static final String OTHERS = "#94a3b8";
  private static final String BELOW = "#b45309";

  private Picture() {}

  /**
   * @param subtitle where and with what the figures were taken
   */
  static String of(String scenario, List<Column> columns, String subtitle) {
    List<String> figures = worthShowing(columns);
    StringBuilder body = new StringBuilder();
    int y = HEAD;
    for (String figure : figures) {
      y = panel(body, columns, figure, y);
    }
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d"
          font-family="system-ui, sans-serif" font-size="12">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <text x="16" y="26" font-size="18" font-weight="bold">%s</text>
        <text x="16" y="46" fill="#64748b" font-size="11">%s</text>
        %s</svg>
        """
        .formatted(WIDTH, y + 16, WIDTH, y + 16, escaped(scenario), escaped(subtitle), body);
  }

  /** Figures that are not nothing everywhere. */
  private static List<String> worthShowing(List<Column> columns) {
    Set<String> all = new LinkedHashSet<>();
    columns.forEach(c -> all.addAll(c.figures()));
    List<String> shown = new ArrayList<>();
    for (String figure : all) {
      boolean some =
          columns.stream()
              .map(c -> c.spread(figure))
              .anyMatch(s -> s != null && (s.min() != 0 || s.max() != 0));
      if (some && shown.size() < PANELS_MAX) {
        shown.add(figure);
      }
    }
    return shown;
  }

  private static int panel(StringBuilder out, List<Column> columns, String figure, int from) {
    double largest = 0;
    Set<String> servers = new TreeSet<>();
    for (Column c : columns) {
      Column.Spread s = c.spread(figure);
      servers.add(c.server());
      largest = s == null ? largest : Math.max(largest, Math.max(Math.abs(s.min()), s.max()));
    }
    boolean peers = servers.size() > 1 && servers.contains("hongyan");
    int y = from + PANEL_HEAD;
    text(out, 16, y - 8, "start", "#0f172a", "bold", figure);
    for (Column c : columns) {
      Column.Spread s = c.spread(figure);
      if (s == null) {
        continue;
      }
      text(out, LABEL - 8, y + 14, "end", "#334155", "normal", shortened(c.title()));
      double scale = largest == 0 ? 0 : BAR / largest;
      String colour =
          s.median() < 0 ? BELOW : peers && !c.server().equals("hongyan") ? OTHERS : OURS;
      double length = Math.max(1, Math.abs(s.median()) * scale);
      out.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/>%n",
              LABEL,
              y + 3,
              length,
              ROW - 6,
              colour));
      if (s.runs() > 1) {
        out.append(
            String.format(
                Locale.ROOT,
                "<path d=\"M%.1f %dH%.1f\" stroke=\"#0f172a\" stroke-width=\"1.5\"/>%n",
                LABEL + Math.abs(s.min()) * scale,
                y + ROW / 2,
                LABEL + Math.abs(s.max()) * scale));
      }
      double end = Math.max(length, s.max() * scale);
      text(out, (int) (LABEL + end + 8), y + 14, "start", "#0f172a", "normal", Report.text(s));
      y += ROW;
    }
    return y + 6;
  }

  private static void text(
      StringBuilder out, int x, int y, String anchor, String colour, String weight, String text) {
    out.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"%s\" font-weight=\"%s\">%s</text>%n",
            x,
            y,
            anchor,
            colour,
            weight,
            escaped(text)));
  }

  private static String shortened(String title) {
    return title.length() <= 46 ? title : title.substring(0, 45) + "…";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}

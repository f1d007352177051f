package dev.hongyan.wechat.xml;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;

/**
 * Writes a document in the form WeChat itself uses: {@code <xml>}, text in CDATA sections, numbers
 * bare. Names come from our own code and are not checked; values may be anything.
 */
public final class XmlWriter {
  private final StringBuilder out = new StringBuilder(256).append("<xml>");

  /** Writes an element with text, safe whatever the text contains. */
  @CanIgnoreReturnValue
  public XmlWriter text(String name, String value) {
    out.append('<').append(name).append("><![CDATA[");
    int from = 0;
    for (int i = value.indexOf("]]>"); i >= 0; i = value.indexOf("]]>", from)) {
      // A section cannot contain its own end: close it between the brackets and open the next one.
      appendLegal(value, from, i + 2);
      out.append("]]><![CDATA[");
      from = i + 2;
    }
    appendLegal(value, from, value.length());
    out.append("]]></").append(name).append('>');
    return this;
  }

  /** Writes an element with a number. */
  @CanIgnoreReturnValue
  public XmlWriter number(String name, long value) {
    out.append('<').append(name).append('>').append(value).append("</").append(name).append('>');
    return this;
  }

  /** Opens an element. */
  @CanIgnoreReturnValue
  public XmlWriter open(String name) {
    out.append('<').append(name).append('>');
    return this;
  }

  /** Closes an element. */
  @CanIgnoreReturnValue
  public XmlWriter close(String name) {
    out.append("</").append(name).append('>');
    return this;
  }

  /** Ends the document and returns it as UTF-8. */
  public byte[] toBytes() {
    return (out + "</xml>").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Characters that XML 1.0 cannot hold in any form are left out; WeChat would refuse the document.
   */
  private void appendLegal(String value, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = value.charAt(i);
      if ((c >= ' ' && c < 0xfffe) || c == '\n' || c == '\t' || c == '\r') {
        out.append(c);
      }
    }
  }
}

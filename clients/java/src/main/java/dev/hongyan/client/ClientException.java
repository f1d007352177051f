package dev.hongyan.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What went wrong, with a stable code and whether trying again can help. */
public class ClientException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String code;
  private final Retry retry;
  private final int closeCode;

  /** Whether the same again can succeed. */
  public enum Retry {
    NEVER,
    LATER,
    NOW
  }

  ClientException(
      String code, String message, Retry retry, int closeCode, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.retry = retry;
    this.closeCode = closeCode;
  }

  ClientException(String code, String message) {
    this(code, message, Retry.NEVER, 0, null);
  }

  ClientException(String code, String message, Retry retry, Throwable cause) {
    this(code, message, retry, 0, cause);
  }

  /** From an {@code error} of the server. */
  static ClientException of(Map<String, Object> op) {
    String code = Json.string(op, "code", "unknown");
    return new ClientException(code, Json.string(op, "message", code), retry(op), 0, null);
  }

  private static Retry retry(Map<String, Object> op) {
    return switch (Json.string(op, "retry", "never")) {
      case "later" -> Retry.LATER;
      case "now" -> Retry.NOW;
      default -> Retry.NEVER;
    };
  }

  /** The client or the subscription is closed; {@code closeCode} is the server's, or zero. */
  static ClientException closed(String message, int closeCode) {
    return new ClientException("closed", message, Retry.NEVER, closeCode, null);
  }

  /** A stable name such as {@code forbidden-topic}, {@code closed} or {@code handler-failed}. */
  public String code() {
    return code;
  }

  public Retry retry() {
    return retry;
  }

  /** The WebSocket close code that caused this, or zero. */
  public int closeCode() {
    return closeCode;
  }
}

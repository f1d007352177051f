package dev.hongyan.token;

/**
 * The name of one credential.
 *
 * @param account our id of the account
 */
public record Credential(String tenant, String account, TokenKind kind) {
  @Override
  public String toString() {
    return tenant + "/" + account + "/" + kind.text();
  }
}

package dev.hongyan.tenant.issuer;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.secret.Secret;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Somebody whose JWTs a tenant has us accept. Exactly one of {@code jwksUrl}, {@code keys} and
 * {@code secret} is there, and it decides which algorithms are possible: a shared secret only ever
 * checks HS256, public keys never do.
 *
 * @param id names it in the tenant's configuration
 * @param issuer the {@code iss} of its tokens
 * @param audience what has to be among the {@code aud} of its tokens
 * @param algorithms of HS256, RS256 and ES256
 * @param jwksUrl where its public keys are
 * @param keys its public keys
 * @param secret shared with us
 * @param claims which claims say what
 * @param defaultRole of tokens that say nothing of a role; null for none
 */
public record Issuer(
    String id,
    String issuer,
    String audience,
    Set<JWSAlgorithm> algorithms,
    @Nullable String jwksUrl,
    @Nullable JWKSet keys,
    @Nullable Secret secret,
    Claims claims,
    @Nullable Role defaultRole) {

  /**
   * Names of claims; a dot leads into an object when there is no claim of the whole name.
   *
   * @param role a role's name, or a list of which the highest counts
   * @param scopes a list, or one text with spaces between
   * @param topics patterns that its holder may read
   * @param publish patterns that its holder may publish to over a WebSocket
   * @param subject who it is
   */
  public record Claims(String role, String scopes, String topics, String publish, String subject) {
    public static final Claims DEFAULT = new Claims("role", "scope", "topics", "publish", "sub");
  }

  public Issuer {
    algorithms = Set.copyOf(algorithms);
  }
}

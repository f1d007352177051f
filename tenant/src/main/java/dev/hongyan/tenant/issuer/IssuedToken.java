package dev.hongyan.tenant.issuer;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.tenant.access.Caller;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.access.Scopes;
import dev.hongyan.tenant.issuer.Issuer.Claims;
import dev.hongyan.tenant.store.Keys;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JWT that was sent to us. Until {@link #check} has said yes, nothing in it is more than a claim:
 * it says where to look for keys, and the keys decide.
 */
public final class IssuedToken {
  /** How far clocks may differ. */
  public static final long SKEW_MILLIS = 60_000;

  /** Tokens over that are not looked at. */
  public static final int CHARS_MAX = 8 * 1024;

  private static final int ITEMS_MAX = 100;
  private static final int TEXT_MAX = 200;

  /** Keys that a token is tried with when it does not name one. */
  private static final int TRIES_MAX = 8;

  private static final Set<JWSAlgorithm> KNOWN =
      Set.of(JWSAlgorithm.HS256, JWSAlgorithm.RS256, JWSAlgorithm.ES256);
  private static final Set<String> TYPES = Set.of("jwt", "at+jwt");

  private final SignedJWT jwt;
  private final JWTClaimsSet claims;
  private final String tenant;

  private IssuedToken(SignedJWT jwt, JWTClaimsSet claims, String tenant) {
    this.jwt = jwt;
    this.claims = claims;
    this.tenant = tenant;
  }

  /** The token, or null when it cannot be one of a tenant's issuer, whatever its signature. */
  public static @Nullable IssuedToken parse(String text) {
    if (text.length() > CHARS_MAX) {
      return null;
    }
    try {
      SignedJWT jwt = SignedJWT.parse(text);
      JOSEObjectType type = jwt.getHeader().getType();
      if (!KNOWN.contains(jwt.getHeader().getAlgorithm())
          || type != null && !TYPES.contains(type.getType().toLowerCase(Locale.ROOT))) {
        return null;
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      String tenant = tenant(claims);
      return tenant == null || claims.getIssuer() == null
          ? null
          : new IssuedToken(jwt, claims, tenant);
    } catch (ParseException | RuntimeException e) {
      return null;
    }
  }

  private static @Nullable String tenant(JWTClaimsSet claims) {
    Object named = claims.getClaim("tenant");
    String tenant = named instanceof String text && Keys.isId(text) ? text : null;
    if (named != null && tenant == null) {
      return null;
    }
    for (String audience : claims.getAudience()) {
      String meant = TenantAudience.tenantOf(audience);
      if (meant != null && tenant != null && !meant.equals(tenant)) {
        return null; // for two tenants is for none
      }
      tenant = meant == null ? tenant : meant;
    }
    return tenant;
  }

  /** The tenant that it says it is for. */
  public String tenant() {
    return tenant;
  }

  /** The name of the key it says it is signed with, or null. */
  public @Nullable String keyId() {
    return jwt.getHeader().getKeyID();
  }

  /** Whether it says that it is of this issuer, for this audience, by one of its algorithms. */
  public boolean isOf(Issuer issuer) {
    return issuer.issuer().equals(claims.getIssuer())
        && claims.getAudience().contains(issuer.audience())
        && issuer.algorithms().contains(jwt.getHeader().getAlgorithm());
  }

  /**
   * Who its holder is; null for every token that is not good, whatever the reason.
   *
   * @param issuer of {@link #tenant}'s own configuration
   * @param fetched the keys behind its {@code jwksUrl}, where it has one
   */
  public Caller.@Nullable Bearer check(Issuer issuer, @Nullable JWKSet fetched, long nowMillis) {
    try {
      if (!isOf(issuer) || !isSigned(issuer, fetched == null ? issuer.keys() : fetched)) {
        return null;
      }
      return isTimely(claims, nowMillis) ? bearer(issuer) : null;
    } catch (JOSEException | RuntimeException e) {
      return null;
    }
  }

  private static boolean isTimely(JWTClaimsSet claims, long now) {
    Date expires = claims.getExpirationTime();
    Date from = claims.getNotBeforeTime();
    Date issued = claims.getIssueTime();
    return expires != null
        && expires.getTime() + SKEW_MILLIS > now
        && (from == null || from.getTime() - SKEW_MILLIS <= now)
        && (issued == null || issued.getTime() - SKEW_MILLIS <= now);
  }

  private boolean isSigned(Issuer issuer, @Nullable JWKSet keys) throws JOSEException {
    JWSAlgorithm algorithm = jwt.getHeader().getAlgorithm();
    if (issuer.secret() != null) {
      return JWSAlgorithm.HS256.equals(algorithm)
          && jwt.verify(new MACVerifier(issuer.secret().reveal().getBytes(StandardCharsets.UTF_8)));
    }
    if (keys == null) {
      return false;
    }
    String id = keyId();
    int tried = 0;
    for (JWK key : keys.getKeys()) {
      boolean named = id == null || id.equals(key.getKeyID());
      boolean forIt = key.getAlgorithm() == null || algorithm.equals(key.getAlgorithm());
      // The kind of the key decides, not the token: a public key is never taken as a secret.
      JWSVerifier verifier = named && forIt ? verifier(algorithm, key) : null;
      if (verifier != null && tried++ < TRIES_MAX && jwt.verify(verifier)) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable JWSVerifier verifier(JWSAlgorithm algorithm, JWK key)
      throws JOSEException {
    if (JWSAlgorithm.RS256.equals(algorithm) && key instanceof RSAKey rsa) {
      return new RSASSAVerifier(rsa.toRSAPublicKey());
    }
    if (JWSAlgorithm.ES256.equals(algorithm) && key instanceof ECKey ec) {
      return new ECDSAVerifier(ec.toECPublicKey());
    }
    return null;
  }

  private Caller.@Nullable Bearer bearer(Issuer issuer) {
    Claims names = issuer.claims();
    Object subject = claim(names.subject());
    if (!(subject instanceof String who)
        || who.isBlank()
        || who.length() > TEXT_MAX
        || who.chars().anyMatch(Character::isISOControl)) {
      return null;
    }
    Set<String> scopes = new HashSet<>();
    for (String scope : words(claim(names.scopes()))) {
      if (Scopes.problemWith(scope) == null) { // an issuer has scopes of its own, too
        scopes.add(scope);
      }
    }
    Object role = claim(names.role());
    return new Caller.Bearer(
        tenant,
        issuer.id(),
        who,
        role == null ? issuer.defaultRole() : highest(words(role)),
        scopes,
        texts(claim(names.topics())),
        texts(claim(names.publish())),
        claims.getExpirationTime().getTime() + SKEW_MILLIS);
  }

  private static @Nullable Role highest(List<String> names) {
    Role highest = null;
    for (String name : names) {
      Role role = Role.of(name);
      if (role != null && (highest == null || role.includes(highest))) {
        highest = role;
      }
    }
    return highest;
  }

  /** A claim by its whole name, else by the way a dotted name leads. */
  private @Nullable Object claim(String name) {
    Object whole = claims.getClaim(name);
    if (whole != null) {
      return whole;
    }
    Object at = claims.getClaims();
    for (String word : name.split("\\.", 8)) {
      at = at instanceof Map<?, ?> map ? map.get(word) : null;
    }
    return at;
  }

  private static List<String> words(@Nullable Object value) {
    return value instanceof String text
        ? Arrays.stream(text.split(" ", ITEMS_MAX)).filter(word -> !word.isEmpty()).toList()
        : texts(value);
  }

  private static List<String> texts(@Nullable Object value) {
    List<String> out = new ArrayList<>();
    if (value instanceof Collection<?> list) {
      for (Object item : list) {
        if (item instanceof String text && text.length() <= TEXT_MAX && out.size() < ITEMS_MAX) {
          out.add(text);
        }
      }
    }
    return out;
  }
}

package dev.hongyan.tenant.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.time.Clock;
import dev.hongyan.tenant.secret.SealContext;
import dev.hongyan.tenant.secret.Sealer;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import dev.hongyan.tenant.store.RedisLink;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Mints and checks the tokens of WebSocket clients: JWT with HS256, claims {@code tenant}, {@code
 * sub}, {@code topics}, {@code publish}, {@code iat}, {@code exp}, {@code jti}. The signing key is
 * one of the platform, sealed in the store, so tokens survive restarts and hold on every node.
 *
 * <p>Checking is pure: no I/O. The last {@value #CACHED_MAX} good tokens are remembered.
 * Thread-safe.
 */
public final class ClientTokens {
  /** The longest life of a token. */
  public static final Duration TTL_MAX = Duration.ofDays(30);

  private static final int CACHED_MAX = 10_000;
  private static final int TOKEN_CHARS_MAX = 8 * 1024;
  private static final int PATTERNS_MAX = 100;

  private final Clock clock;
  private final String keyId;
  private final JWSSigner signer;
  private final JWSVerifier verifier;
  private final Map<String, Caller.Client> verified =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Caller.Client> eldest) {
          return size() > CACHED_MAX;
        }
      };

  private ClientTokens(Clock clock, Secret key) {
    byte[] bytes = HexFormat.of().parseHex(key.reveal());
    this.clock = clock;
    this.keyId = Digests.sha256(key.reveal()).substring(0, 8);
    try {
      this.signer = new MACSigner(bytes);
      this.verifier = new MACVerifier(bytes);
    } catch (JOSEException e) {
      throw new IllegalStateException("the signing key of client tokens is of no use", e);
    }
  }

  /** Opens the signing key in the store, or makes it. */
  public static Future<ClientTokens> open(RedisLink link, Sealer sealer, Clock clock) {
    String made = sealer.seal(SealContext.TOKEN_KEY, Digests.randomHex(32));
    return link.send(Request.cmd(Command.SETNX).arg(Keys.TOKEN_KEY).arg(made))
        .compose(set -> link.send(Request.cmd(Command.GET).arg(Keys.TOKEN_KEY)))
        .map(
            stored ->
                new ClientTokens(
                    clock, sealer.open(SealContext.TOKEN_KEY, String.valueOf(stored))));
  }

  /**
   * Makes a token.
   *
   * @param topics patterns its holder may subscribe to; at most 100
   * @param publish patterns its holder may publish to; at most 100
   * @param ttl one second to 30 days
   * @throws ProblemException VALIDATION
   */
  public Secret mint(
      String tenant, String subject, List<String> topics, List<String> publish, Duration ttl) {
    check(subject, topics, publish, ttl);
    long now = clock.wallMillis();
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .claim("tenant", tenant)
            .subject(subject)
            .claim("topics", topics)
            .claim("publish", publish)
            .issueTime(new Date(now))
            .expirationTime(new Date(now + ttl.toMillis()))
            .jwtID(Digests.randomHex(12))
            .build();
    SignedJWT jwt =
        new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(keyId).build(), claims);
    try {
      jwt.sign(signer);
    } catch (JOSEException e) {
      throw new IllegalStateException("cannot sign", e);
    }
    return Secret.of(jwt.serialize());
  }

  private static void check(
      String subject, List<String> topics, List<String> publish, Duration ttl) {
    List<ProblemException.FieldError> errors = new ArrayList<>();
    if (subject.isBlank() || subject.length() > 200) {
      errors.add(new ProblemException.FieldError("subject", "must be 1 to 200 characters"));
    }
    if (topics.size() > PATTERNS_MAX) {
      errors.add(new ProblemException.FieldError("topics", "may hold at most 100"));
    }
    if (publish.size() > PATTERNS_MAX) {
      errors.add(new ProblemException.FieldError("publish", "may hold at most 100"));
    }
    if (ttl.compareTo(Duration.ofSeconds(1)) < 0 || ttl.compareTo(TTL_MAX) > 0) {
      errors.add(
          new ProblemException.FieldError(
              "ttlSeconds", "must be from 1 to " + TTL_MAX.toSeconds()));
    }
    if (!errors.isEmpty()) {
      throw new ProblemException(Problem.VALIDATION, "The token cannot be made", errors);
    }
  }

  /** Whether a token says that it is signed by this platform; {@link #verify} tells if it is. */
  public boolean mints(String token) {
    if (token.length() > TOKEN_CHARS_MAX) {
      return false;
    }
    synchronized (verified) {
      if (verified.containsKey(token)) {
        return true;
      }
    }
    try {
      int dot = token.indexOf('.');
      JWSHeader header = JWSHeader.parse(new Base64URL(token.substring(0, Math.max(0, dot))));
      return keyId.equals(header.getKeyID());
    } catch (ParseException | RuntimeException e) {
      return false;
    }
  }

  /**
   * Who holds this token.
   *
   * @throws ProblemException UNAUTHENTICATED for every token that is not good, whatever the reason
   */
  public Caller.Client verify(String token) {
    if (token.length() > TOKEN_CHARS_MAX) {
      throw refused();
    }
    Caller.Client known;
    synchronized (verified) {
      known = verified.get(token);
    }
    if (known == null) {
      known = parse(token);
      synchronized (verified) {
        verified.put(token, known);
      }
    }
    if (known.expiresAtMillis() <= clock.wallMillis()) {
      synchronized (verified) {
        verified.remove(token);
      }
      throw refused();
    }
    return known;
  }

  private Caller.Client parse(String token) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      // Only our own algorithm: a token must not choose how it is checked.
      if (!JWSAlgorithm.HS256.equals(jwt.getHeader().getAlgorithm()) || !jwt.verify(verifier)) {
        throw refused();
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      String tenant = claims.getStringClaim("tenant");
      Date expires = claims.getExpirationTime();
      if (tenant == null || expires == null || claims.getSubject() == null) {
        throw refused();
      }
      List<String> topics = claims.getStringListClaim("topics");
      List<String> publish = claims.getStringListClaim("publish");
      return new Caller.Client(
          tenant,
          claims.getSubject(),
          topics == null ? List.of() : topics,
          publish == null ? List.of() : publish,
          expires.getTime(),
          String.valueOf(claims.getJWTID()));
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      throw refused();
    }
  }

  private static ProblemException refused() {
    return Problem.UNAUTHENTICATED.because("The token is not valid");
  }
}

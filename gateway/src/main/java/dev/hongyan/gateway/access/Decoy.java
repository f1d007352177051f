package dev.hongyan.gateway.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import java.math.BigInteger;
import java.text.ParseException;

/**
 * Checks a signature with keys of nobody: a token for a tenant that does not exist, or that knows
 * no such issuer, takes the same work as one that is wrong.
 */
final class Decoy {
  private static final JWSVerifier RSA;
  private static final JWSVerifier EC;
  private static final JWSVerifier MAC;

  static {
    try {
      // Any odd number of that length costs what a real modulus does.
      BigInteger modulus = BigInteger.ONE.shiftLeft(2048).subtract(BigInteger.valueOf(1_942_289));
      RSA =
          new RSASSAVerifier(
              new RSAKey.Builder(Base64URL.encode(modulus), Base64URL.from("AQAB"))
                  .build()
                  .toRSAPublicKey());
      var generator = Curve.P_256.toECParameterSpec().getGenerator();
      EC =
          new ECDSAVerifier(
              new ECKey.Builder(
                      Curve.P_256,
                      ECKey.encodeCoordinate(256, generator.getAffineX()),
                      ECKey.encodeCoordinate(256, generator.getAffineY()))
                  .build()
                  .toECPublicKey());
      MAC = new MACVerifier(new byte[32]);
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private Decoy() {}

  static void check(String token) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      JWSAlgorithm algorithm = jwt.getHeader().getAlgorithm();
      boolean unused =
          jwt.verify(
              JWSAlgorithm.RS256.equals(algorithm)
                  ? RSA
                  : JWSAlgorithm.ES256.equals(algorithm) ? EC : MAC);
    } catch (ParseException | JOSEException | RuntimeException e) {
      // It is refused in any case.
    }
  }
}

package dev.hongyan.tenant.issuer;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import dev.hongyan.tenant.access.Role;
import dev.hongyan.tenant.form.Form;
import dev.hongyan.tenant.issuer.Issuer.Claims;
import dev.hongyan.tenant.secret.Secret;
import dev.hongyan.tenant.store.Keys;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Issuers as callers give and see them. The secret goes in and never comes out. */
public final class IssuerJson {
  /** How many issuers a tenant may have. */
  public static final int ISSUERS_MAX = 20;

  /** How many keys of one issuer are looked at. */
  public static final int KEYS_MAX = 50;

  private static final Set<String> FIELDS =
      Set.of(
          "id",
          "issuer",
          "audience",
          "algorithms",
          "jwksUrl",
          "keys",
          "secret",
          "claims",
          "defaultRole");
  private static final Set<String> CLAIMS =
      Set.of("role", "scopes", "topics", "publish", "subject");
  private static final int TEXT_MAX = 500;
  private static final int SECRET_BYTES_MIN = 32;
  private static final int RSA_BITS_MIN = 2048;
  private static final int RSA_BITS_MAX = 8192;
  private static final Set<JWSAlgorithm> PUBLIC = Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256);

  private IssuerJson() {}

  /**
   * Reads an issuer; throws VALIDATION with all fields that are wrong.
   *
   * @param tenant whose it is to be
   */
  public static Issuer read(String tenant, JsonObject json) {
    Form form = new Form(json);
    Issuer issuer = read(tenant, form);
    form.check();
    return issuer;
  }

  /** The same for one of several. */
  public static Issuer read(String tenant, Form form) {
    form.only(FIELDS);
    String id = form.required("id", 63);
    if (!id.isEmpty() && !Keys.isId(id)) {
      form.wrong("id", "must be lower-case letters, digits and -");
    }
    String issuer = form.required("issuer", TEXT_MAX);
    String audience = form.text("audience", TEXT_MAX);
    String jwksUrl = form.text("jwksUrl", 2_000);
    if (jwksUrl != null && !isUrl(jwksUrl)) {
      form.wrong("jwksUrl", "must be an address with https:// and no user name in it");
    }
    JWKSet keys = keys(form);
    Secret secret =
        form.secret(
            "secret",
            text -> {
              int bytes = text.getBytes(StandardCharsets.UTF_8).length;
              return bytes >= SECRET_BYTES_MIN && bytes <= TEXT_MAX;
            },
            "must be a text of at least 32 bytes");
    int sources = (given(form, "jwksUrl") + given(form, "keys")) + given(form, "secret");
    if (sources != 1) {
      form.wrong("jwksUrl", "exactly one of jwksUrl, keys and secret is needed");
    }
    return new Issuer(
        id,
        issuer,
        audience == null ? TenantAudience.of(tenant) : audience,
        algorithms(form, given(form, "secret") == 1),
        jwksUrl,
        keys,
        secret,
        claims(form.inner("claims")),
        role(form));
  }

  private static int given(Form form, String field) {
    return form.body().getValue(field) == null ? 0 : 1;
  }

  private static Set<JWSAlgorithm> algorithms(Form form, boolean shared) {
    Set<JWSAlgorithm> possible = shared ? Set.of(JWSAlgorithm.HS256) : PUBLIC;
    Set<JWSAlgorithm> out = new LinkedHashSet<>();
    List<String> names =
        form.texts(
            "algorithms",
            3,
            text -> possible.contains(JWSAlgorithm.parse(text)),
            shared ? "must be HS256 with a secret" : "must be RS256 or ES256 with public keys");
    names.forEach(name -> out.add(JWSAlgorithm.parse(name)));
    return out.isEmpty() ? possible : out;
  }

  private static @Nullable Role role(Form form) {
    Object value = form.body().getValue("defaultRole");
    Role role = Role.of(value);
    if (value != null && role == null) {
      form.wrong("defaultRole", "must be one of guest, contributor, reviewer, admin");
    }
    return role;
  }

  private static Claims claims(Form form) {
    form.only(CLAIMS);
    return new Claims(
        name(form, "role", Claims.DEFAULT.role()),
        name(form, "scopes", Claims.DEFAULT.scopes()),
        name(form, "topics", Claims.DEFAULT.topics()),
        name(form, "publish", Claims.DEFAULT.publish()),
        name(form, "subject", Claims.DEFAULT.subject()));
  }

  private static String name(Form form, String field, String missing) {
    String name = form.text(field, 200);
    return name == null ? missing : name;
  }

  private static boolean isUrl(String text) {
    try {
      URI url = URI.create(text);
      String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
      // Plain http is for those who allow private addresses; whoever fetches looks again.
      return (scheme.equals("https") || scheme.equals("http"))
          && url.getRawAuthority() != null
          && url.getRawUserInfo() == null
          && url.getRawFragment() == null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static @Nullable JWKSet keys(Form form) {
    Object value = form.body().getValue("keys");
    if (value == null) {
      return null;
    }
    if (!(value instanceof JsonArray array) || array.isEmpty() || array.size() > KEYS_MAX) {
      form.wrong("keys", "must be a list of 1 to " + KEYS_MAX + " public keys as JWK");
      return null;
    }
    List<JWK> keys = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      JWK key = array.getValue(i) instanceof JsonObject one ? usable(one) : null;
      if (key == null) {
        form.wrong(
            "keys[" + i + "]",
            "must be a public RSA key of 2048 bits or more, or EC P-256, as JWK");
      } else {
        keys.add(key);
      }
    }
    return new JWKSet(keys);
  }

  /** The key, when it is a public one that a signature can be checked with; else null. */
  private static @Nullable JWK usable(JsonObject json) {
    try {
      JWK key = JWK.parse(json.encode());
      boolean forUse = key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse());
      return forUse && !key.isPrivate() && isStrong(key) ? key : null;
    } catch (ParseException | RuntimeException e) {
      return null;
    }
  }

  private static boolean isStrong(JWK key) {
    return key instanceof RSAKey rsa && rsa.size() >= RSA_BITS_MIN && rsa.size() <= RSA_BITS_MAX
        || key instanceof ECKey ec && Curve.P_256.equals(ec.getCurve());
  }

  /**
   * The usable keys of a JWKS document; others in it are left out. Throws IllegalArgumentException
   * when it is no such document or has none.
   */
  public static JWKSet document(String text) {
    try {
      JsonArray array = new JsonObject(text).getJsonArray("keys");
      List<JWK> keys = new ArrayList<>();
      for (int i = 0; array != null && i < array.size() && keys.size() < KEYS_MAX; i++) {
        JWK key = array.getValue(i) instanceof JsonObject one ? usable(one) : null;
        if (key != null) {
          keys.add(key);
        }
      }
      if (!keys.isEmpty()) {
        return new JWKSet(keys);
      }
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("not a JWKS document");
    }
    throw new IllegalArgumentException("a JWKS document without a usable key");
  }

  /** As callers see it. */
  public static JsonObject open(Issuer issuer) {
    JsonObject json =
        new JsonObject()
            .put("id", issuer.id())
            .put("issuer", issuer.issuer())
            .put("audience", issuer.audience())
            .put(
                "algorithms",
                new JsonArray(
                    issuer.algorithms().stream().map(JWSAlgorithm::getName).sorted().toList()));
    if (issuer.jwksUrl() != null) {
      json.put("jwksUrl", issuer.jwksUrl());
    }
    if (issuer.keys() != null) {
      JsonArray keys = new JsonArray();
      issuer.keys().getKeys().forEach(key -> keys.add(new JsonObject(key.toJSONString())));
      json.put("keys", keys);
    }
    if (issuer.defaultRole() != null) {
      json.put("defaultRole", issuer.defaultRole().text());
    }
    Claims claims = issuer.claims();
    return json.put(
        "claims",
        new JsonObject()
            .put("role", claims.role())
            .put("scopes", claims.scopes())
            .put("topics", claims.topics())
            .put("publish", claims.publish())
            .put("subject", claims.subject()));
  }

  /** With its secret: to be sealed, and to be merged with a change. */
  public static JsonObject whole(Issuer issuer) {
    JsonObject json = open(issuer);
    return issuer.secret() == null ? json : json.put("secret", issuer.secret().reveal());
  }
}

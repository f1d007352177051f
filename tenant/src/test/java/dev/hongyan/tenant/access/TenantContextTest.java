package dev.hongyan.tenant.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.observability.problem.ProblemException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TenantContextTest {
  static final Caller KEY = new Caller.TenantKey("acme", "k1", Role.GUEST, Set.of());
  static final Caller CLIENT = new Caller.Client("acme", "pos", List.of(), List.of(), 0, "t");
  static final Caller BEARER =
      new Caller.Bearer("acme", "idp", "ann", null, Set.of(), List.of(), List.of(), 0);
  static final Caller OPERATOR = new Caller.Operator();

  static TenantContext resolve(String path, String header, Caller caller) {
    return TenantContext.resolve(path, header, caller, "r-1", null);
  }

  static void assertMismatch(String path, String header, Caller caller) {
    assertThatThrownBy(() -> resolve(path, header, caller))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem()).isEqualTo(Problem.TENANT_MISMATCH));
  }

  @Test
  void pathHeaderAndTokenNameTheTenant() {
    assertThat(resolve("acme", null, OPERATOR).tenant()).isEqualTo("acme");
    assertThat(resolve(null, "acme", OPERATOR).tenant()).isEqualTo("acme");
    assertThat(resolve(null, null, OPERATOR).tenant()).isNull();
    for (Caller caller : List.of(KEY, CLIENT, BEARER)) {
      assertThat(resolve(null, null, caller).tenant()).isEqualTo("acme");
      assertThat(resolve("acme", "acme", caller).tenant()).isEqualTo("acme");
    }
  }

  @Test
  void anyTwoThatDisagreeAreRefused() {
    for (Caller caller : List.of(KEY, CLIENT, BEARER, OPERATOR)) {
      assertMismatch("acme", "bolt", caller);
      assertMismatch("bolt", "acme", caller);
    }
    for (Caller caller : List.of(KEY, CLIENT, BEARER)) {
      assertMismatch(null, "bolt", caller);
    }
    assertMismatch("bolt", null, BEARER);
  }

  @Test
  void aKeyOnAnotherTenantsPathIsForTheDoorToAnswer() {
    assertThat(resolve("bolt", null, KEY).tenant()).isEqualTo("bolt");
    assertThat(resolve("bolt", null, CLIENT).tenant()).isEqualTo("bolt");
  }
}

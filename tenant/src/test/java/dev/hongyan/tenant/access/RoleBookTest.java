package dev.hongyan.tenant.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.ProblemException;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoleBookTest {
  static final Set<String> OLD = Set.of("messages:read");
  static final Set<String> NEW = Set.of("messages:read", "messages:write");

  static Set<String> holdersOf(RoleBook book, Set<String> permissions) {
    Set<String> holders = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      if (permissions.equals(book.permissions(Role.REVIEWER, "key:" + i))) {
        holders.add("key:" + i);
      }
    }
    return holders;
  }

  @Test
  void aRoleIsAsBuiltUntilItsTenantSaysOtherwise() {
    assertThat(RoleBook.BUILT_IN.permissions(Role.REVIEWER, "key:1")).isNull();
    RoleBook changed = RoleBook.BUILT_IN.with(Role.REVIEWER, OLD, 100);
    assertThat(changed.permissions(Role.REVIEWER, "key:1")).isEqualTo(OLD);
    assertThat(changed.permissions(Role.GUEST, "key:1")).isNull();
    assertThat(changed.back(Role.REVIEWER).permissions(Role.REVIEWER, "key:1")).isNull();
  }

  @Test
  void aRollOutReachesItsShareAndTheOthersKeepWhatTheyHave() {
    RoleBook book = RoleBook.BUILT_IN.with(Role.REVIEWER, OLD, 100);
    RoleBook ten = book.with(Role.REVIEWER, NEW, 10);
    assertThat(holdersOf(ten, NEW)).hasSizeBetween(850, 1_150);
    assertThat(holdersOf(ten, OLD).size() + holdersOf(ten, NEW).size()).isEqualTo(10_000);
    assertThat(holdersOf(book.with(Role.REVIEWER, NEW, 0), NEW)).isEmpty();
  }

  @Test
  void whoHasItAtAPercentageHasItAtEveryLargerOne() {
    Set<String> before = Set.of();
    for (int percent = 0; percent <= 100; percent += 5) {
      Set<String> now = holdersOf(RoleBook.BUILT_IN.with(Role.REVIEWER, NEW, percent), NEW);
      assertThat(now).containsAll(before);
      before = now;
    }
    assertThat(before).hasSize(10_000);
  }

  @Test
  void aRollOutIsTakenBackToWhatWasBeforeIt() {
    RoleBook rolling = RoleBook.BUILT_IN.with(Role.REVIEWER, OLD, 100).with(Role.REVIEWER, NEW, 50);
    RoleBook back = rolling.back(Role.REVIEWER);
    assertThat(holdersOf(back, OLD)).hasSize(10_000);
    assertThat(back.back(Role.REVIEWER).of(Role.REVIEWER)).isNull();
  }

  @Test
  void aRollOutThatReachesAllIsTheRole() {
    RoleBook book = RoleBook.BUILT_IN.with(Role.REVIEWER, NEW, 50).with(Role.REVIEWER, NEW, 100);
    assertThat(book.of(Role.REVIEWER)).isEqualTo(new RoleBook.Definition(NEW, null, 0));
  }

  @Test
  void itIsTheSameAfterItWasStored() {
    RoleBook book = RoleBook.BUILT_IN.with(Role.REVIEWER, OLD, 100).with(Role.REVIEWER, NEW, 10);
    RoleBook read = RoleBook.read(new JsonObject(book.toJson().encode()));
    assertThat(holdersOf(read, NEW)).isEqualTo(holdersOf(book, NEW));
    assertThat(read.toJson()).isEqualTo(book.toJson());
  }

  @Test
  void whatIsForAdminsOnlyCannotBeGivenAndTheRoleAdminStays() {
    for (String json :
        new String[] {
          "{\"guest\":{\"permissions\":[\"keys:write\"]}}",
          "{\"guest\":{\"next\":[\"roles:write\"],\"percent\":1}}",
          "{\"guest\":{\"permissions\":[\"no such thing\"]}}",
          "{\"admin\":{\"permissions\":[]}}",
          "{\"king\":{\"permissions\":[]}}",
          "{\"guest\":{\"percent\":100}}"
        }) {
      assertThatThrownBy(() -> RoleBook.read(new JsonObject(json)))
          .as(json)
          .isInstanceOf(ProblemException.class);
    }
  }

  @Test
  void anOperationIsNamedAfterWhatItReadsOrChanges() {
    String tenant = "/api/v1/tenants/{tenant}";
    assertThat(Permissions.of("GET", tenant)).isEqualTo("tenant:read");
    assertThat(Permissions.of("PATCH", tenant)).isEqualTo("tenant:write");
    assertThat(Permissions.of("GET", tenant + "/keys/{key}")).isEqualTo("keys:read");
    assertThat(Permissions.of("POST", tenant + "/keys/{key}/rotate")).isEqualTo("keys:write");
    assertThat(Permissions.of("POST", tenant + "/dead-letters/redrive"))
        .isEqualTo("dead-letters:write");
    assertThat(Permissions.of("GET", tenant + "/accounts/{account}/token")).isEqualTo("token:read");
    assertThat(Permissions.of("DELETE", tenant + "/accounts/{account}/token"))
        .isEqualTo("token:write");
  }

  @Test
  void scopesAreOfAVocabulary() {
    for (String good :
        new String[] {
          "token:read",
          "messages:write",
          "wxapi:*",
          "wxapi:message/*",
          "wxapi:/datacube/x",
          "topics:wx.mp.#"
        }) {
      assertThat(Scopes.problemWith(good)).as(good).isNull();
    }
    for (String bad :
        new String[] {
          "",
          "everything",
          "wxapi:",
          "wxapi:a*b",
          "topics:",
          "topics:a..b",
          "keys:write",
          "a b",
          "token:delete",
          "wxapi:" + "x".repeat(100)
        }) {
      assertThat(Scopes.problemWith(bad)).as(bad).isNotNull();
    }
  }
}

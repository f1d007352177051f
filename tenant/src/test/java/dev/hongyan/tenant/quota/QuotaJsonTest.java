package dev.hongyan.tenant.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.ProblemException;
import dev.hongyan.observability.problem.ProblemException.FieldError;
import dev.hongyan.tenant.Tenant;
import dev.hongyan.tenant.TenantJson;
import dev.hongyan.tenant.routing.RoutingRules;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuotaJsonTest {
  @Test
  void whatWasWrittenIsReadBackAsItWas() {
    JsonObject body =
        new JsonObject(
            """
            {"limits":[
              {"api":"publish","ratePerSecond":100,"burst":250},
              {"api":"publish","ratePerSecond":0.5,"burst":1,"priority":2},
              {"api":"wxapi.message","ratePerSecond":20,"burst":20}],
             "max":{"sessions":1000,"destinations":0}}
            """);
    Quota quota = QuotaJson.read(body);
    assertThat(QuotaJson.of(quota)).isEqualTo(body);
    assertThat(QuotaJson.stored(body.encode())).isEqualTo(quota);
  }

  @Test
  void aBurstThatIsMissingIsOneSecond() {
    Quota quota =
        QuotaJson.read(new JsonObject("{\"limits\":[{\"api\":\"admin\",\"ratePerSecond\":12.5}]}"));
    assertThat(quota.limits()).containsExactly(new Limit("admin", 12.5, 13, null));
  }

  @Test
  void everyMistakeIsNamedAtOnce() {
    JsonObject body =
        new JsonObject(
            """
            {"limits":[
              {"api":"wxapi.","ratePerSecond":1},
              {"api":"publish","ratePerSecond":0,"burst":0,"more":1},
              {"api":"connect","ratePerSecond":1,"priority":3},
              {"api":"admin","ratePerSecond":1},
              {"api":"admin","ratePerSecond":2},
              {"api":"admin"}],
             "max":{"sessions":-1,"fun":2},"else":1}
            """);
    assertThatThrownBy(() -> QuotaJson.read(body))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.errors())
                    .extracting(FieldError::field)
                    .containsExactlyInAnyOrder(
                        "else",
                        "limits[0].api",
                        "limits[1].ratePerSecond",
                        "limits[1].burst",
                        "limits[1].more",
                        "limits[2].priority",
                        "limits[4].api",
                        "limits[5].ratePerSecond",
                        "max.sessions",
                        "max.fun"));
  }

  @Test
  void aTenantsFileMayHoldThemAndMistakesAreNamedByTheirPlace() {
    JsonObject file = new JsonObject().put("id", "bolt");
    JsonObject limit = new JsonObject().put("api", "publish").put("ratePerSecond", 3);
    JsonArray limits = new JsonArray().add(limit);
    file.put("quotas", new JsonObject().put("limits", limits));
    Tenant read = TenantJson.file(file, RoutingRules.NONE, "");
    assertThat(read.quota().limits()).containsExactly(new Limit("publish", 3, 3, null));
    file.put("quotas", limits);
    assertThat(TenantJson.file(file, RoutingRules.NONE, "").quota()).isEqualTo(read.quota());
    limit.put("api", "nothing");
    assertThatThrownBy(() -> TenantJson.file(file, RoutingRules.NONE, ""))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.errors())
                    .extracting(FieldError::field)
                    .containsExactly("quotas[0].api"));
  }

  @Test
  void theTenantsOwnRowsTakeThePlaceOfThePlatforms() {
    Quota platform =
        new Quota(
            List.of(Limit.perSecond("publish", 10), Limit.perSecond("admin", 5)),
            new Quota.Ceilings(100L, null, 1_000L, null, null));
    Quota own =
        new Quota(
            List.of(new Limit("publish", 50, 100, null)),
            new Quota.Ceilings(7L, null, null, 3L, null));
    Quota both = own.or(platform);
    assertThat(both.limits())
        .containsExactlyInAnyOrder(
            new Limit("publish", 50, 100, null), Limit.perSecond("admin", 5));
    assertThat(both.max()).isEqualTo(new Quota.Ceilings(7L, null, 1_000L, 3L, null));
  }
}

package dev.hongyan.gateway.admin;

import dev.hongyan.router.person.Eraser;
import dev.hongyan.tenant.store.Keys;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;

/** A tenant's data as a whole, and a person's. */
final class LifeRoutes {
  private static final String TENANT = AdminRoutes.PREFIX + "/tenants/{tenant}";
  private static final String PERSON = TENANT + "/people/{openid}";

  /** Owners let go of what they have in memory within this time, having saved it. */
  private static final long AGAIN_MILLIS = 1_000;

  private final AdminParts parts;
  private final Eraser eraser;
  private final Vertx vertx;

  private LifeRoutes(Vertx vertx, AdminParts parts) {
    this.vertx = vertx;
    this.parts = parts;
    this.eraser = new Eraser(parts.store(), parts.newName());
  }

  static void add(Vertx vertx, Operations to, AdminParts parts) {
    LifeRoutes routes = new LifeRoutes(vertx, parts);
    to.stream(TENANT + "/export", Need.ADMIN, routes::export);
    to.stream(PERSON + "/export", Need.ADMIN, routes::exportPerson);
    to.post(PERSON + "/erase", Need.ADMIN, routes::erase);
  }

  private Future<Void> export(Call call, Lines out) {
    return new TenantExport(parts, call.tenant(), null, out).write();
  }

  private Future<Void> exportPerson(Call call, Lines out) {
    return new TenantExport(parts, call.tenant(), openid(call), out).write();
  }

  /** Twice: what an owner had in memory and saved meanwhile is found the second time. */
  private Future<Answer> erase(Call call) {
    String tenant = call.tenant();
    String openid = openid(call);
    return eraser
        .erase(tenant, openid)
        .compose(
            first ->
                parts
                    .store()
                    .send(Request.cmd(Command.PUBLISH).arg(Keys.ERASED).arg(tenant))
                    .compose(told -> pause())
                    .compose(waited -> eraser.erase(tenant, openid))
                    .map(
                        second -> {
                          JsonObject erased =
                              new JsonObject()
                                  .put("messages", first.messages() + second.messages())
                                  .put("deadLetters", first.deadLetters() + second.deadLetters())
                                  .put("others", first.others() + second.others());
                          call.note("erased", erased);
                          return Answer.ok(erased);
                        }));
  }

  private Future<Void> pause() {
    Promise<Void> over = Promise.promise();
    long unused = vertx.setTimer(AGAIN_MILLIS, timer -> over.complete());
    return over.future();
  }

  private static String openid(Call call) {
    String openid = call.path(Call.PERSON);
    if (!Eraser.isOpenid(openid)) {
      throw Call.invalid("openid", "must be 1 to 128 letters, digits, '_', '-', '@' or '.'");
    }
    return openid;
  }
}

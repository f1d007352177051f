package dev.hongyan.gateway.admin;

import dev.hongyan.observability.time.Timers;
import dev.hongyan.tenant.sealing.Agreed;
import dev.hongyan.tenant.sealing.SealedTexts;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.Set;

/** Which master keys there are and how much each of them has sealed; never a key itself. */
final class MasterKeyRoutes {
  private final AdminParts parts;
  private final SealedTexts texts;

  private MasterKeyRoutes(AdminParts parts, Timers timers) {
    this.parts = parts;
    this.texts =
        new SealedTexts(parts.store(), parts.sealer(), parts.tenants().directory(), timers);
  }

  static void add(Operations to, AdminParts parts, Timers timers) {
    MasterKeyRoutes routes = new MasterKeyRoutes(parts, timers);
    to.get(AdminRoutes.PREFIX + "/master-keys", Need.OPERATOR, routes::status);
  }

  private Future<Answer> status(Call call) {
    return Agreed.read(parts.store())
        .compose(agreed -> texts.count().map(found -> Answer.ok(status(agreed, found))));
  }

  private JsonObject status(Agreed agreed, SealedTexts.Found found) {
    Set<String> ids = new LinkedHashSet<>(parts.sealer().keys().ids());
    ids.addAll(found.byKey().keySet());
    JsonArray keys = new JsonArray();
    for (String id : ids) {
      keys.add(
          new JsonObject()
              .put("id", id)
              .put("sealed", found.byKey().getOrDefault(id, 0L))
              .put("known", parts.sealer().keys().find(id) != null));
    }
    JsonArray nodes = new JsonArray();
    for (Agreed.Node node : agreed.nodes()) {
      nodes.add(
          new JsonObject()
              .put("id", node.name())
              .put("wants", node.wants())
              .put("uses", node.uses())
              .put("knows", new JsonArray(node.knows())));
    }
    return new JsonObject()
        .put("active", agreed.active())
        .put("since", agreed.since().toString())
        .put("resealed", agreed.done())
        .put("keys", keys)
        .put("nodes", nodes);
  }
}

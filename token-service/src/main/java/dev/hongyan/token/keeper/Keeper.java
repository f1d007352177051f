package dev.hongyan.token.keeper;

import dev.hongyan.observability.problem.Problem;
import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.Credential;
import dev.hongyan.token.Token;
import dev.hongyan.token.TokenKind;
import dev.hongyan.token.TokenReply;
import dev.hongyan.token.TokenReply.Refused;
import dev.hongyan.token.TokenService;
import dev.hongyan.token.fetch.FetchResult;
import dev.hongyan.token.lease.FetchFailure;
import dev.hongyan.token.lease.LeaseEvent;
import dev.hongyan.token.lease.Waiter;
import dev.hongyan.wechat.error.ErrcodeClass;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All leases of a process, on one event loop. There is one per credential that is in use: at most
 * three for each account that exists.
 */
final class Keeper implements Fetcher {
  private final Parts parts;
  private final Accounts accounts;
  private final Map<String, Map<Credential, KeptLease>> tenants = new HashMap<>();

  Keeper(Parts parts, Accounts accounts) {
    this.parts = parts;
    this.accounts = accounts;
  }

  Future<TokenReply> answer(TokenService.Query query) {
    Credential of = query.of();
    AppCredentials app = accounts.find(of.tenant(), of.account());
    if (app == null) {
      return Future.succeededFuture(
          new Refused(Problem.NOT_FOUND, 0, "There is no such account, or it needs no token", 0));
    }
    if (query.op() == TokenService.Op.RENEW && of.kind().isTicket()) {
      return Future.succeededFuture(
          new Refused(Problem.BAD_REQUEST, 0, "WeChat cannot void a ticket", 0));
    }
    Promise<TokenReply> reply = Promise.promise();
    Waiter waiter = reply::complete;
    KeptLease lease = lease(of, app);
    lease.on(
        switch (query.op()) {
          case GET -> new LeaseEvent.Want(waiter);
          case INVALIDATE -> new LeaseEvent.Stale(waiter, query.generation());
          case RENEW -> new LeaseEvent.Renew(waiter);
        });
    settled(lease);
    return reply.future();
  }

  /** Looks at the settings of a tenant's accounts again. */
  void changed(String tenant) {
    Map<Credential, KeptLease> leases = tenants.get(tenant);
    if (leases == null) {
      return;
    }
    for (KeptLease lease : List.copyOf(leases.values())) {
      AppCredentials app = accounts.find(tenant, lease.of().account());
      if (app == null || !lease.serves(app)) {
        end(lease);
      } else {
        lease.settings(app);
      }
    }
  }

  /** Ends everything; whoever waits is told. */
  void close() {
    tenants.values().stream().flatMap(t -> t.values().stream()).toList().forEach(this::end);
  }

  @Override
  public Future<FetchResult> fetch(Credential of, AppCredentials app, boolean force) {
    if (!of.kind().isTicket()) {
      return parts.client().accessToken(app, force);
    }
    Credential access = new Credential(of.tenant(), of.account(), TokenKind.ACCESS);
    return answer(new TokenService.Query(TokenService.Op.GET, access, 0))
        .compose(
            reply ->
                reply.fold(granted -> ticket(of, access, granted.value()), Keeper::withoutAccess));
  }

  @Override
  public void settled(KeptLease lease) {
    if (lease.isDisposable()) {
      forget(lease); // there may be thousands of accounts that are used once a day
    }
  }

  private Future<FetchResult> ticket(Credential of, Credential access, Token token) {
    return parts
        .client()
        .ticket(of.kind(), token.value())
        .compose(
            result ->
                result.fold(
                    Future::succeededFuture,
                    denied ->
                        denied.failure().errorClass() == ErrcodeClass.TOKEN_STALE
                            ? ticketAgain(of, access, token)
                            : Future.succeededFuture(denied)));
  }

  private Future<FetchResult> ticketAgain(Credential of, Credential access, Token refused) {
    return answer(new TokenService.Query(TokenService.Op.INVALIDATE, access, refused.generation()))
        .compose(
            reply ->
                reply.fold(
                    granted -> parts.client().ticket(of.kind(), granted.value().value()),
                    Keeper::withoutAccess));
  }

  private static Future<FetchResult> withoutAccess(Refused no) {
    // Tried again in time, also where the access token has stopped: its end of that is not told.
    return Future.succeededFuture(
        new FetchResult.Denied(
            new FetchFailure(
                ErrcodeClass.BUSY, no.errcode(), "no access token: " + no.detail(), 0)));
  }

  private KeptLease lease(Credential of, AppCredentials app) {
    Map<Credential, KeptLease> leases =
        tenants.computeIfAbsent(of.tenant(), tenant -> new HashMap<>());
    KeptLease lease = leases.get(of);
    if (lease != null && !lease.serves(app)) {
      end(lease);
      return lease(of, app);
    }
    if (lease == null) {
      lease = new KeptLease(parts, this, of, app);
      leases.put(of, lease);
    } else {
      lease.settings(app);
    }
    return lease;
  }

  private void end(KeptLease lease) {
    lease.on(new LeaseEvent.Removed());
    forget(lease);
  }

  private void forget(KeptLease lease) {
    Map<Credential, KeptLease> leases = tenants.get(lease.of().tenant());
    if (leases != null && leases.remove(lease.of(), lease)) {
      lease.close();
      if (leases.isEmpty()) {
        tenants.remove(lease.of().tenant());
      }
    }
  }
}

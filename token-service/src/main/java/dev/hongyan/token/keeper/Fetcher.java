package dev.hongyan.token.keeper;

import dev.hongyan.token.AppCredentials;
import dev.hongyan.token.Credential;
import dev.hongyan.token.fetch.FetchResult;
import io.vertx.core.Future;

/** What a kept lease needs from the keeper of all leases. */
interface Fetcher {

  /** Gets the credential from WeChat; a ticket takes the access token of its account. */
  Future<FetchResult> fetch(Credential of, AppCredentials app, boolean force);

  /** The lease has worked through an event. */
  void settled(KeptLease lease);
}

package dev.hongyan.tenant;

import dev.hongyan.tenant.quota.Quota;
import dev.hongyan.tenant.quota.QuotaJson;
import dev.hongyan.tenant.routing.Routing;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A tenant with everything that is configured for it, as one immutable snapshot.
 *
 * @param id lower-case letters, digits and {@code -}; at most 63 characters
 * @param name for people
 * @param priority 0 (last) to 9 (first) when work has to be left out; default 5
 * @param retention how long messages are kept, where it differs from the platform's setting
 * @param lifetimes how long messages are of use, where it differs from what WeChat's own kinds say;
 *     the first that matches counts
 * @param suspended true refuses everything that comes for this tenant
 * @param accounts by their id
 * @param routing its destinations and routes
 * @param sections further configuration as raw JSON text, by name ({@code quotas}, …); read by the
 *     parts it is for
 * @param source who made it
 * @param version grows with every change
 * @param contentHash of the file it came from; empty when made by the API
 */
public record Tenant(
    String id,
    String name,
    int priority,
    Retention retention,
    List<Lifetime> lifetimes,
    boolean suspended,
    Map<String, Account> accounts,
    Routing routing,
    Map<String, String> sections,
    Source source,
    long version,
    String contentHash) {

  public static final int DEFAULT_PRIORITY = 5;

  /** The consumer of the tenant's sends, and the section that says that there are some. */
  public static final String SENDS = "sends";

  /** The section of a tenant whose messages are kept and not delivered. */
  static final String FROZEN = "frozen";

  /**
   * What a tenant may say about keeping messages; null leaves it to the platform's setting.
   *
   * @param age how long
   * @param messages how many
   */
  public record Retention(@Nullable Duration age, @Nullable Long messages) {
    public static final Retention DEFAULT = new Retention(null, null);
  }

  /**
   * How long messages are of use, from when they were taken.
   *
   * @param match topic pattern
   * @param life null for ever
   */
  public record Lifetime(String match, @Nullable Duration life) {}

  /** Who made a tenant. */
  public enum Source {
    API,
    FOLDER
  }

  /** The section that says how much it may use. */
  static final String QUOTAS = "quotas";

  public Tenant {
    lifetimes = List.copyOf(lifetimes);
    accounts = Map.copyOf(accounts);
    sections = Map.copyOf(sections);
  }

  /** The account of that id, or null. */
  public @Nullable Account account(String account) {
    return accounts.get(account);
  }

  /** Whether it has ever sent something through its log, and so has a consumer for that. */
  public boolean sends() {
    return sections.containsKey(SENDS);
  }

  /** Whether its messages are taken and kept, and none is delivered until that ends. */
  public boolean frozen() {
    return sections.containsKey(FROZEN);
  }

  /** The names of all consumers of its log: those of its routing, and that of its sends. */
  public Set<String> consumers() {
    Set<String> consumers = routing.consumers();
    if (sends()) {
      consumers.add(SENDS);
    }
    return consumers;
  }

  /** What its own configuration says about quotas. */
  public Quota quota() {
    return QuotaJson.stored(sections.get(QUOTAS));
  }

  /** With the consumer of sends; the same when it has it. */
  Tenant withSends() {
    if (sends()) {
      return this;
    }
    return withSection(SENDS, "{}");
  }

  /** With another text for a section; null takes the section away. */
  Tenant withSection(String section, @Nullable String text) {
    Map<String, String> all = new HashMap<>(sections);
    if (text == null) {
      all.remove(section);
    } else {
      all.put(section, text);
    }
    return with(accounts, routing, all, version);
  }

  Tenant withVersion(long value) {
    return with(accounts, routing, sections, value);
  }

  Tenant withAccounts(Map<String, Account> value) {
    return with(value, routing, sections, version);
  }

  Tenant withRouting(Routing value) {
    return with(accounts, value, sections, version);
  }

  private Tenant with(
      Map<String, Account> newAccounts,
      Routing newRouting,
      Map<String, String> newSections,
      long newVersion) {
    return new Tenant(
        id,
        name,
        priority,
        retention,
        lifetimes,
        suspended,
        newAccounts,
        newRouting,
        newSections,
        source,
        newVersion,
        contentHash);
  }
}

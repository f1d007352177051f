package dev.hongyan.tenant.secret;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The master keys that are known at a moment: one of them seals, all of them open. The first is the
 * one that whoever wrote them down wants to seal with; it does so once every node knows it.
 */
public final class Keyring {
  private final Map<String, MasterKey> known;
  private final MasterKey sealing;

  private Keyring(Map<String, MasterKey> known, MasterKey sealing) {
    this.known = known;
    this.sealing = sealing;
  }

  /** One key that does everything. */
  public static Keyring of(MasterKey only) {
    return of(List.of(only));
  }

  /** Several, of which the first seals. */
  static Keyring of(List<MasterKey> keys) {
    Map<String, MasterKey> known = new LinkedHashMap<>();
    for (MasterKey key : keys) {
      if (known.putIfAbsent(key.id(), key) != null) {
        throw new IllegalArgumentException("the master key " + key.id() + " is there twice");
      }
    }
    if (known.isEmpty()) {
      throw new IllegalArgumentException("there is no master key");
    }
    return new Keyring(known, keys.get(0));
  }

  /** The same keys, of which that one seals; the same ring when it is not known. */
  public Keyring sealingWith(String id) {
    MasterKey key = known.get(id);
    return key == null || key.equals(sealing) ? this : new Keyring(known, key);
  }

  /** The id of the first. */
  public String wanted() {
    return known.keySet().iterator().next();
  }

  /** The ids of all, in their order. */
  public List<String> ids() {
    return List.copyOf(known.keySet());
  }

  /** The one that seals. */
  public MasterKey sealing() {
    return sealing;
  }

  /** The key with that id, or null. */
  public @Nullable MasterKey find(String id) {
    return known.get(id);
  }

  /** All of them, in their order. */
  List<MasterKey> all() {
    return List.copyOf(known.values());
  }

  @Override
  public String toString() {
    return "Keyring" + ids();
  }
}

package dev.hongyan.router.slot;

/** How tenants fall into slots. Fixed for all time: every node must agree. */
public final class Slots {
  public static final int COUNT = 256;

  private Slots() {}

  /** The slot of a tenant: FNV-1a of its id, folded to 8 bits. */
  public static int of(String tenant) {
    int h = 0x811c9dc5;
    for (int i = 0; i < tenant.length(); i++) {
      h = (h ^ tenant.charAt(i)) * 0x01000193;
    }
    return (h ^ h >>> 8 ^ h >>> 16 ^ h >>> 24) & (COUNT - 1);
  }

  /**
   * Which of {@code nodes} a slot belongs to, by rendezvous hashing: when a node comes or goes only
   * its own slots move.
   *
   * @param nodes at least one
   */
  public static String preferred(int slot, Iterable<String> nodes) {
    String best = "";
    long bestWeight = Long.MIN_VALUE;
    for (String node : nodes) {
      long weight = mix(node.hashCode() * 0x9E3779B97F4A7C15L + slot);
      if (weight > bestWeight || (weight == bestWeight && node.compareTo(best) < 0)) {
        best = node;
        bestWeight = weight;
      }
    }
    return best;
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}

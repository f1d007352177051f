package dev.hongyan.simulator.hostile;

/** The ways in which {@link HostileRequests} are wrong. */
public enum Hostility {
  /** Right in all but the signature. */
  WRONG_SIGNATURE,
  /** Signed right, two hours ago. */
  STALE_TIMESTAMP,
  /** A parameter stands twice. */
  REPEATED_PARAMETER,
  /** No query at all. */
  NO_QUERY,
  /** A plain push; to be refused where the account encrypts. */
  DOWNGRADE,
  /** The ciphertext was changed after signing; encrypting accounts only. */
  TAMPERED_CIPHERTEXT,
  /** Signed right, ciphertext of a whole number of blocks that no key opens. */
  RANDOM_CIPHERTEXT,
  /** Sealed right, for another appid; encrypting accounts only. */
  WRONG_RECEIVE_ID,
  /** The document WeChat sends, with a DOCTYPE in it. */
  DOCTYPE,
  /** Entities that would unfold into gigabytes. */
  BILLION_LAUGHS,
  /** Thousands of elements or objects inside each other. */
  DEEP_NESTING,
  /** Bytes that are no UTF-8. */
  BAD_UTF8,
  /** Signed right, random bytes instead of a document. */
  GARBAGE,
  /** An empty body. */
  EMPTY_BODY,
  /** 2 MiB. */
  OVERSIZED
}

package dev.hongyan.wechat.push;

import dev.hongyan.wechat.document.Document;
import dev.hongyan.wechat.event.EventType;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Makes the key by which WeChat's repeats of a push are known. Taking two pushes for one loses a
 * message, taking one for two only repeats it; so whenever the fields that tell pushes apart are
 * not certain, the key is a digest of the whole inner text, which a repeat repeats. Used by one
 * thread.
 */
final class DedupeKey {
  /**
   * 144 bits, 24 characters: chance collisions are out of reach, and the key is short in the store.
   */
  private static final int KEY_BYTES = 18;

  private static final byte[] SYSTEM_USER = "sys".getBytes(StandardCharsets.US_ASCII);

  private final MessageDigest sha256;
  private final byte[] digest = new byte[32];
  private final byte[] key = new byte[KEY_BYTES];
  private final byte[] framed = new byte[5];

  DedupeKey() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A message: its id alone is not unique across users. */
  String ofMessage(Document push, int messageId, int user, int createTime) {
    field(push, 1, messageId);
    field(push, 2, user);
    field(push, 3, createTime);
    return finish();
  }

  /** An event by the catalogue's fields, or null if they do not suffice. */
  @Nullable String ofEvent(Document push, EventType type, int user, int createTime) {
    boolean certain = !type.hasSpecific() && isPerson(push, user) && createTime != Document.NONE;
    for (int i = 0; i < type.dedupeCount(); i++) {
      boolean found = fields(push, type, i, 0, Document.ROOT);
      if (!found && type.dedupeDepth(i) > 2) {
        // The JSON form of subscription events lacks the outermost wrapper.
        found = fields(push, type, i, 1, Document.ROOT);
      }
      certain |= found && type.isSpecific(i);
    }
    if (!certain) {
      sha256.reset();
      return null;
    }
    return finish();
  }

  /** Anything, by all of its text. */
  String ofText(byte[] bytes, int start, int length) {
    sha256.update((byte) 'd');
    sha256.update(bytes, start, length);
    return finish();
  }

  /** Feeds every value at the path below {@code parent}; lists have several. */
  private boolean fields(Document push, EventType type, int index, int level, int parent) {
    byte[] name = type.dedupeName(index, level);
    int node = push.child(parent, name);
    boolean found = false;
    for (; node != Document.NONE; node = push.nextSame(node)) {
      found |= below(push, type, index, level, node);
    }
    return found;
  }

  private boolean below(Document push, EventType type, int index, int level, int node) {
    if (!push.isContainer(node)) {
      if (level + 1 < type.dedupeDepth(index) || push.textLength(node) == 0) {
        return false;
      }
      field(push, 16 + index, node);
      return true;
    }
    if (level + 1 == type.dedupeDepth(index)) {
      return false;
    }
    if (!push.isArray(node)) {
      return fields(push, type, index, level + 1, node);
    }
    boolean found = false;
    for (int entry = push.firstChild(node); entry != Document.NONE; entry = push.next(entry)) {
      if (push.isContainer(entry)) {
        found |= fields(push, type, index, level + 1, entry);
      }
    }
    return found;
  }

  /**
   * Framed by which field it is and how long, so that no two sets of fields feed the same bytes.
   */
  private void field(Document push, int tag, int node) {
    if (node == Document.NONE) {
      return;
    }
    int length = push.textLength(node);
    framed[0] = (byte) tag;
    framed[1] = (byte) (length >>> 24);
    framed[2] = (byte) (length >>> 16);
    framed[3] = (byte) (length >>> 8);
    framed[4] = (byte) length;
    sha256.update(framed, 0, framed.length);
    sha256.update(push.textBytes(node), push.textStart(node), length);
  }

  private static boolean isPerson(Document push, int user) {
    return user != Document.NONE
        && push.textLength(user) > 0
        && !push.textEquals(user, SYSTEM_USER);
  }

  private String finish() {
    try {
      int unused = sha256.digest(digest, 0, digest.length);
    } catch (DigestException impossible) {
      throw new IllegalStateException(impossible);
    }
    System.arraycopy(digest, 0, key, 0, KEY_BYTES);
    return new String(Base64.getUrlEncoder().encode(key), StandardCharsets.ISO_8859_1);
  }
}

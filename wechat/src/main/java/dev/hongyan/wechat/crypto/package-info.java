/**
 * Signatures and the AES envelope of WeChat's message push, and the JS-SDK signature. Knows bytes
 * and keys only; what the decrypted bytes mean is decided in {@code push}.
 */
@NullMarked
@CheckReturnValue
package dev.hongyan.wechat.crypto;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

package dev.hongyan.deploy.config;

import java.util.Locale;

/**
 * One thing that can be set.
 *
 * @param name with dots, as in the file: {@code http.port}
 * @param byDefault as it would be written; empty when nothing is set by default
 * @param secret whether its value is never shown, not even a bad one
 * @param meaning for the guide: what it does, and when one would change it
 */
record Key<T>(String name, Kind<T> kind, String byDefault, boolean secret, String meaning) {

  /** The documented environment variable: {@code wechat.apiHosts} is HONGYAN_WECHAT_API_HOSTS. */
  String variable() {
    StringBuilder variable = new StringBuilder(Keys.PREFIX);
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '.') {
        variable.append('_');
      } else {
        if (Character.isUpperCase(c)) {
          variable.append('_');
        }
        variable.append(Character.toUpperCase(c));
      }
    }
    return variable.toString();
  }

  /** The same without underscores between the words of one name, which is understood as well. */
  String shortVariable() {
    return Keys.PREFIX + name.replace('.', '_').toUpperCase(Locale.ROOT);
  }
}

package dev.hongyan.gateway.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says which rules of the protocol a test shows, by their ids in {@code docs/protocol/rules.md}.
 * {@code RulesTest} fails for a rule that no test names, and for a name that is no rule.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Rule {
  String[] value();
}

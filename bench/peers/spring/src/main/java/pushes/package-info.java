/**
 * The peer of the push scenario: Spring Boot, WxJava and Redis put together as its users do, written
 * by us. Not part of Hongyan and not built with it.
 */
package pushes;

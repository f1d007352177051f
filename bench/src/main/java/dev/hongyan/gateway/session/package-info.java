/**
 * JMH steps of the gateway's sessions, under the gateway's own package name because what they time
 * is package-private there. Nothing else of the benchmarks belongs here.
 */
package dev.hongyan.gateway.session;

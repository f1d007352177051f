/**
 * Fixtures for tests that need a real Redis, here and in other modules (the {@code test-jar} of
 * this one). No tests.
 */
package dev.hongyan.tenant.testing;

/** Fakes for the tests of this module. No tests. */
package dev.hongyan.token.testing;

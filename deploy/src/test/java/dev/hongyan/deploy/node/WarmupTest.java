package dev.hongyan.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WarmupTest {
  @Test
  void everyMadeUpPushIsUnderstoodSoThatTheRealWayIsWarm() {
    assertThat(new Warmup().call()).isEqualTo(3_000);
  }
}

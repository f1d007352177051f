package dev.hongyan.tenant.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  @AfterEach
  void close() throws Exception {
    vertx.close().await(5, TimeUnit.SECONDS);
  }

  @Test
  void anEmbeddedRedisAnswers(@TempDir Path dir) throws Exception {
    Store store = Store.open(vertx, StoreOptions.embedded(dir)).await(10, TimeUnit.SECONDS);
    assertThat(store.embedded().address()).startsWith("unix:");
    RedisLink link = store.link();
    link.ready().await(5, TimeUnit.SECONDS);
    link.send(Request.cmd(Command.SET).arg("a").arg("b")).await(5, TimeUnit.SECONDS);
    assertThat(link.send(Request.cmd(Command.GET).arg("a")).await(5, TimeUnit.SECONDS).toString())
        .isEqualTo("b");
    link.close().await(5, TimeUnit.SECONDS);
    store.close().await(5, TimeUnit.SECONDS);
  }
}

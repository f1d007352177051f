// Handles WeChat messages under a durable name, answers each, and publishes what it did.
//   mvn -q -pl clients/java package
//   HONGYAN_TOKEN=<client token> java -cp clients/java/target/hongyan-client-0.1.0-SNAPSHOT.jar clients/java/examples/Orders.java
import dev.hongyan.client.HongyanClient;
import dev.hongyan.client.Publish;
import dev.hongyan.client.SubscribeOptions;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

class Orders {
  public static void main(String[] args) throws InterruptedException {
    String url = System.getenv().getOrDefault("HONGYAN_URL", "ws://localhost:8080/ws/v1");
    HongyanClient client =
        HongyanClient.builder(URI.create(url))
            .client("orders-example")
            .token(() -> CompletableFuture.completedFuture(System.getenv().getOrDefault("HONGYAN_TOKEN", "")))
            .onEvent(System.out::println)
            .connect();
    Runtime.getRuntime().addShutdownHook(new Thread(client::close));
    client.subscribe(
        SubscribeOptions.durable("orders", "wx.mp.message.#"),
        message -> {
          var event = message.event();
          System.out.println(event.json());
          return client
              .reply(event.id(), Map.of("type", "text", "content", "We are on it."))
              .thenCompose(how -> client.publish(Publish.of("app.orders.seen", event.subject(), Map.of("event", event.id(), "reply", how))));
        });
    Thread.currentThread().join();
  }
}

package dev.hongyan.wechat.push;

import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.EncodingAesKey;

class Timing {
  public static void main(String[] a) {
    int accounts = Integer.parseInt(a[0]);
    PushAccount[] acc = new PushAccount[accounts];
    PushEncoder.EncodedPush[] pushes = new PushEncoder.EncodedPush[accounts];
    PushEncoder enc = new PushEncoder();
    String inner =
        "<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName>\n<FromUserName><![CDATA[o9AgO5Kd5ggOC-bXrbNODIiE3bGY]]></FromUserName>\n<CreateTime>1715943329</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[你好 hello world, this is some text]]></Content>\n<MsgId>6265881059295447969</MsgId>\n</xml>";
    for (int i = 0; i < accounts; i++) {
      String k = String.format("%43s", Integer.toString(i)).replace(' ', 'A');
      acc[i] =
          PushAccount.builder(Product.MP, "wxba5fad812f8e6fb9", "tokentoken" + i)
              .key(EncodingAesKey.parse(k))
              .build();
      pushes[i] =
          enc.push(
              acc[i],
              inner.getBytes(java.nio.charset.StandardCharsets.UTF_8),
              "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
              1715943329,
              "1590219412",
              "1205899eaf019bbd".getBytes());
    }
    System.out.println("body " + pushes[0].body().length);
    PushDecoder d = new PushDecoder();
    long sum = 0;
    for (int round = 0; round < 12; round++) {
      long t = System.nanoTime();
      int n = 200000;
      for (int i = 0; i < n; i++) {
        int k = i % accounts;
        PushOutcome o =
            d.decode(acc[k], PushQuery.parse(pushes[k].query()), pushes[k].body(), 1715943329);
        if (o instanceof PushOutcome.Accepted x) sum += x.push().data().length;
        else throw new AssertionError(o);
      }
      System.out.printf("%.2f us%n", (System.nanoTime() - t) / 1000.0 / n);
    }
    System.out.println(sum);
  }
}

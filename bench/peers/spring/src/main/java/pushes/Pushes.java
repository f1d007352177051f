package pushes;

import java.time.Duration;
import java.util.Map;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.message.WxMpXmlMessage;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * Pushes of WeChat as an application takes them with Spring Boot, WxJava and Redis: signature
 * checked, decrypted, parsed, a repeat dropped, the message put into a stream, answered.
 */
@SpringBootApplication
@RestController
public class Pushes {
  private final StringRedisTemplate redis;
  private final WxMpService wx = new WxMpServiceImpl();

  public Pushes(StringRedisTemplate redis) {
    this.redis = redis;
    WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
    config.setAppId("wx0123456789abcdef");
    config.setToken("benchtoken");
    config.setAesKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG");
    wx.setWxMpConfigStorage(config);
  }

  public static void main(String[] args) {
    SpringApplication.run(Pushes.class, args);
  }

  @PostMapping("/wx/{tenant}/{account}")
  public String push(
      @PathVariable("tenant") String tenant,
      @PathVariable("account") String account,
      @RequestBody String body,
      @RequestParam("signature") String signature,
      @RequestParam("timestamp") String timestamp,
      @RequestParam("nonce") String nonce,
      @RequestParam("msg_signature") String messageSignature) {
    if (!wx.checkSignature(timestamp, nonce, signature)) {
      return "refused";
    }
    WxMpXmlMessage message =
        WxMpXmlMessage.fromEncryptedXml(
            body, wx.getWxMpConfigStorage(), timestamp, nonce, messageSignature);
    Boolean first =
        redis
            .opsForValue()
            .setIfAbsent(
                "seen:" + account + ":" + message.getMsgId(), "1", Duration.ofDays(1));
    if (Boolean.TRUE.equals(first)) {
      redis
          .opsForStream()
          .add(
              "log:" + tenant,
              Map.of(
                  "from", message.getFromUser(),
                  "type", message.getMsgType(),
                  "message", message.toString()));
    }
    return "success";
  }
}

package dev.hongyan.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hongyan.simulator.api.SentMessage;
import dev.hongyan.simulator.push.Events;
import dev.hongyan.simulator.push.Messages;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.push.DecodedPush;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sends and their results, media, menu and users over real HTTP. */
class ApiSendsTest {
  private static final String OPENID = Desk.USER.openid();
  private Desk desk;

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private void open(Product product) throws Exception {
    desk = new Desk(product);
  }

  private String at(String path) throws Exception {
    return path + (path.contains("?") ? "&" : "?") + "access_token=" + desk.token();
  }

  private static String template(String openid) {
    return "{\"touser\":\"%s\",\"template_id\":\"T1\",\"data\":{\"first\":{\"value\":\"您好\"}}}"
        .formatted(openid);
  }

  private static String text(String openid) {
    return "{\"touser\":\"%s\",\"msgtype\":\"text\",\"text\":{\"content\":\"您好\"}}"
        .formatted(openid);
  }

  private int kefu() throws Exception {
    return desk.errcode(at("/cgi-bin/message/custom/send"), text(OPENID));
  }

  @Test
  void aTemplateMessageIsAnsweredWithTheIdThatItsResultCarries() throws Exception {
    open(Product.MP);
    String send = at("/cgi-bin/message/template/send");
    assertThat(desk.errcode(send, template(OPENID))).isEqualTo(40003);
    desk.account.follows(OPENID);
    desk.account.blocks(OPENID, true);
    long first = desk.post(send, template(OPENID)).getLong("msgid");
    JsonObject failed = Desk.data(desk.nextPush());
    desk.account.blocks(OPENID, false);
    JsonObject answer = desk.post(send, template(OPENID));
    DecodedPush push = desk.nextPush();

    assertThat(failed.getValue("MsgID").toString()).isEqualTo(Long.toString(first));
    assertThat(failed.getString("Status")).isEqualTo("failed:user block");
    assertThat(answer.getString("errmsg")).isEqualTo("ok");
    assertThat(push.topic()).isEqualToIgnoringCase("wx.mp.event.TEMPLATESENDJOBFINISH");
    assertThat(push.subject()).isEqualTo(OPENID);
    assertThat(Desk.data(push).getValue("MsgID").toString())
        .isEqualTo(answer.getLong("msgid").toString());
    assertThat(Desk.data(push).getString("Status")).isEqualTo("success");
    assertThat(desk.account.sent()).extracting(SentMessage::openid).containsExactly(OPENID, OPENID);

    desk.account.left(OPENID);
    assertThat(desk.errcode(send, template(OPENID))).isEqualTo(43004);
    assertThat(desk.errcode(send, template(OPENID).replace("T1", ""))).isEqualTo(40037);
    assertThat(desk.errcode(send, "{\"touser\":")).isEqualTo(47001);
    assertThat(desk.errcode(send, "")).isEqualTo(44002);
    assertThat(desk.errcode(send)).isEqualTo(43002);
  }

  @Test
  void aSubscriptionMessageNeedsConsentAndIsReported() throws Exception {
    open(Product.MINI);
    desk.account.follows(OPENID);
    desk.account.refuses(OPENID, "T1");
    String send = at("/cgi-bin/message/subscribe/send");
    assertThat(desk.errcode(send, template(OPENID))).isEqualTo(43101);
    desk.account.accepts(OPENID, "T1");
    String msgId = desk.post(send, template(OPENID)).getLong("msgid").toString();

    DecodedPush push = desk.nextPush();
    assertThat(push.topic()).isEqualTo("wx.mini.event.subscribe_msg_sent_event");
    assertThat(Desk.data(push).encode()).contains(msgId).contains("\"T1\"").contains("success");
    assertThat(desk.errcode(at("/cgi-bin/message/template/send"), template(OPENID)))
        .isEqualTo(48001);
  }

  @Test
  void customerServiceMessagesFollowWhatTheUserDid() throws Exception {
    open(Product.MP);
    assertThat(kefu()).isEqualTo(40003);
    assertThat(Desk.await(desk.line.push(Desk.USER, Messages.text("在吗"))).attempts()).hasSize(1);
    for (int i = 0; i < 5; i++) {
      assertThat(kefu()).isZero();
    }
    assertThat(kefu()).isEqualTo(45047);
    assertThat(Desk.await(desk.line.push(Desk.USER, Events.click("k"))).attempts()).hasSize(1);
    assertThat(kefu()).isZero();
    desk.api.advance(Duration.ofMinutes(1));
    assertThat(kefu()).isEqualTo(45047);
    desk.account.wrote(OPENID);
    desk.api.advance(Duration.ofHours(48).minusSeconds(10));
    assertThat(kefu()).isZero();
    desk.api.advance(Duration.ofSeconds(10));
    assertThat(kefu()).isEqualTo(45015);
    desk.account.wrote(OPENID);
    assertThat(Desk.await(desk.line.push(Desk.USER, Events.unsubscribe())).attempts()).hasSize(1);
    assertThat(kefu()).isEqualTo(45015);
  }

  @Test
  void aResultEventLetsNobodyWrite() throws Exception {
    open(Product.MP);
    desk.account.follows(OPENID);
    assertThat(desk.errcode(at("/cgi-bin/message/template/send"), template(OPENID))).isZero();
    assertThat(desk.nextPush().subject()).isEqualTo(OPENID);
    assertThat(kefu()).isEqualTo(45015);
  }

  @Test
  void malformedCustomerServiceMessagesAreRefused() throws Exception {
    open(Product.MP);
    desk.account.wrote(OPENID);
    String send = at("/cgi-bin/message/custom/send");
    assertThat(desk.errcode(send, text(OPENID).replace("\"text\",", "\"link\","))).isEqualTo(40008);
    assertThat(desk.errcode(send, text(OPENID).replace("\"text\":", "\"txt\":"))).isEqualTo(47001);
    assertThat(
            desk.errcode(
                send, text(OPENID).replace("text", "image").replace("content", "media_id")))
        .isEqualTo(40007);
    assertThat(desk.account.sent()).isEmpty();
    String typing = "{\"touser\":\"%s\",\"command\":\"%s\"}";
    String type = at("/cgi-bin/message/custom/typing");
    assertThat(desk.errcode(type, typing.formatted(OPENID, "Typing"))).isZero();
    assertThat(desk.errcode(type, typing.formatted(OPENID, "Dancing"))).isEqualTo(40035);
  }

  private HttpResponse<byte[]> upload(String type, String field, byte[] bytes) throws Exception {
    byte[] head =
        ("--b\r\nContent-Disposition: form-data; name=\""
                + field
                + "\"; filename=\"a b.png\"\r\nContent-Type: image/png\r\n\r\n")
            .getBytes(StandardCharsets.UTF_8);
    byte[] tail = "\r\n--b--\r\n".getBytes(StandardCharsets.UTF_8);
    byte[] body = Arrays.copyOf(head, head.length + bytes.length + tail.length);
    System.arraycopy(bytes, 0, body, head.length, bytes.length);
    System.arraycopy(tail, 0, body, head.length + bytes.length, tail.length);
    return desk.send(
        "POST", at("/cgi-bin/media/upload?type=" + type), "multipart/form-data; boundary=b", body);
  }

  private static JsonObject json(HttpResponse<byte[]> response) {
    return new JsonObject(new String(response.body(), StandardCharsets.UTF_8));
  }

  @Test
  void mediaComeDownAsTheyWentUpForThreeDays() throws Exception {
    open(Product.MP);
    byte[] bytes = new byte[3_000_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    JsonObject up = json(upload("image", "media", bytes));
    String get = "/cgi-bin/media/get?media_id=" + up.getString("media_id");
    HttpResponse<byte[]> down = desk.send("GET", at(get), "");

    assertThat(up.getString("type")).isEqualTo("image");
    assertThat(down.body()).isEqualTo(bytes);
    assertThat(down.headers().firstValue("content-type")).hasValue("image/png");
    assertThat(down.headers().firstValue("content-disposition"))
        .hasValue("attachment; filename=\"a b.png\"");
    assertThat(json(upload("thumb", "media", new byte[9])).containsKey("thumb_media_id")).isTrue();

    desk.api.advance(Duration.ofDays(3));
    HttpResponse<byte[]> gone = desk.send("GET", at(get), "");
    assertThat(gone.statusCode()).isEqualTo(200);
    assertThat(gone.headers().firstValue("content-type"))
        .hasValue("application/json; encoding=utf-8");
    assertThat(json(gone).getInteger("errcode")).isEqualTo(40007);
  }

  @Test
  void aVideoIsALink() throws Exception {
    open(Product.MP);
    String id = json(upload("video", "media", new byte[] {1, 2, 3})).getString("media_id");
    String url = desk.get(at("/cgi-bin/media/get?media_id=" + id)).getString("video_url");
    assertThat(url).startsWith(desk.api.url() + "/video/");
    assertThat(desk.send("GET", url.substring(desk.api.url().toString().length()), "").body())
        .containsExactly(1, 2, 3);
    assertThat(desk.send("GET", "/video/nothing", "").statusCode()).isEqualTo(404);
  }

  @Test
  void wrongUploadsAreRefused() throws Exception {
    open(Product.MP);
    assertThat(json(upload("picture", "media", new byte[9])).getInteger("errcode"))
        .isEqualTo(40004);
    assertThat(json(upload("image", "file", new byte[9])).getInteger("errcode")).isEqualTo(41005);
    assertThat(json(upload("image", "media", new byte[0])).getInteger("errcode")).isEqualTo(44001);
    assertThat(json(upload("thumb", "media", new byte[65_537])).getInteger("errcode"))
        .isEqualTo(45001);
    assertThat(desk.errcode(at("/cgi-bin/media/upload?type=image"), "{}")).isEqualTo(41005);
    assertThat(upload("image", "media", new byte[11 << 20]).statusCode()).isEqualTo(413);
    assertThat(desk.send("POST", "/cgi-bin/menu/create", "x".repeat(1_100_000)).statusCode())
        .isEqualTo(413);
  }

  @Test
  void aMenuIsKeptAsItWasCreated() throws Exception {
    open(Product.MP);
    String menu = "{\"button\":[{\"type\":\"click\",\"name\":\"今日歌曲\",\"key\":\"K\"}]}";
    assertThat(desk.errcode(at("/cgi-bin/menu/get"))).isEqualTo(46003);
    assertThat(desk.errcode(at("/cgi-bin/menu/create"), menu)).isZero();
    assertThat(desk.get(at("/cgi-bin/menu/get")).getJsonObject("menu"))
        .isEqualTo(new JsonObject(menu));
    assertThat(desk.errcode(at("/cgi-bin/menu/create"), menu.replace("今", "\\u4eca")))
        .isEqualTo(40033);
    String four = "{\"button\":" + new JsonArray("[{},{},{},{}]").encode() + "}";
    assertThat(desk.errcode(at("/cgi-bin/menu/create"), four)).isEqualTo(40016);
    String six = "{\"button\":[{\"sub_button\":[{},{},{},{},{},{}]}]}";
    assertThat(desk.errcode(at("/cgi-bin/menu/create"), six)).isEqualTo(40023);
    assertThat(desk.errcode(at("/cgi-bin/menu/delete"))).isZero();
    assertThat(desk.errcode(at("/cgi-bin/menu/get"))).isEqualTo(46003);
  }

  @Test
  void usersAreThoseThatWerePushedAbout() throws Exception {
    open(Product.MP);
    String info = "/cgi-bin/user/info?openid=" + OPENID;
    assertThat(desk.errcode(at(info))).isEqualTo(40003);
    assertThat(Desk.await(desk.line.push(Desk.USER, Events.subscribe())).attempts()).hasSize(1);
    assertThat(desk.get(at(info)).getInteger("subscribe")).isEqualTo(1);
    JsonObject all = desk.get(at("/cgi-bin/user/get"));
    assertThat(all.getInteger("total")).isEqualTo(1);
    assertThat(all.getJsonObject("data").getJsonArray("openid")).containsExactly(OPENID);
    assertThat(desk.get(at("/cgi-bin/user/get?next_openid=" + OPENID)).getInteger("count"))
        .isZero();
    assertThat(Desk.await(desk.line.push(Desk.USER, Events.unsubscribe())).attempts()).hasSize(1);
    assertThat(desk.get(at(info)))
        .isEqualTo(new JsonObject().put("subscribe", 0).put("openid", OPENID));
  }
}

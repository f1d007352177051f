package dev.hongyan.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.simulator.push.Messages;
import dev.hongyan.wechat.Product;
import dev.hongyan.wechat.crypto.JsSdkSignature;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import me.chanjar.weixin.common.api.WxConsts;
import me.chanjar.weixin.common.bean.WxJsapiSignature;
import me.chanjar.weixin.common.bean.menu.WxMenu;
import me.chanjar.weixin.common.bean.menu.WxMenuButton;
import me.chanjar.weixin.common.bean.result.WxMediaUploadResult;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.kefu.WxMpKefuMessage;
import me.chanjar.weixin.mp.bean.template.WxMpTemplateData;
import me.chanjar.weixin.mp.bean.template.WxMpTemplateMessage;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An SDK that knows nothing of us, with only its host changed. */
class WxJavaClientTest {
  private static final String OPENID = Desk.USER.openid();

  @TempDir Path dir;
  private Desk desk;
  private WxMpService wechat;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(Product.MP);
    wechat = client(false);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private WxMpService client(boolean stable) {
    WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
    config.setAppId(Desk.APP_ID);
    config.setSecret(Desk.SECRET);
    config.setUseStableAccessToken(stable);
    config.setHostConfig(
        new WxMpHostConfig(desk.api.url().toString(), null, desk.api.url().toString()));
    WxMpService service = new WxMpServiceImpl();
    service.setWxMpConfigStorage(config);
    return service;
  }

  private void userWrites() throws Exception {
    assertThat(Desk.await(desk.line.push(Desk.USER, Messages.text("在吗"))).attempts()).hasSize(1);
    assertThat(Desk.data(desk.nextPush()).getString("Content")).isEqualTo("在吗");
  }

  @Test
  void itFetchesOneTokenAndAnotherWhenThatIsVoid() throws Exception {
    String token = wechat.getAccessToken();
    assertThat(wechat.getCallbackIP()).containsExactly("127.0.0.1");
    desk.account.voidTokens();
    assertThat(wechat.getCallbackIP()).containsExactly("127.0.0.1");

    assertThat(wechat.getAccessToken()).isNotEqualTo(token);
    assertThat(desk.api.calls().of("/cgi-bin/token")).isEqualTo(2);
    assertThat(desk.api.calls().withToken(token)).isEqualTo(2);
    assertThat(desk.api.calls().answered(40001)).isEqualTo(1);
  }

  @Test
  void itFetchesStableTokens() throws Exception {
    WxMpService stable = client(true);
    assertThat(desk.account.takesToken(stable.getAccessToken())).isTrue();
    assertThat(desk.api.calls().of("/cgi-bin/stable_token")).isEqualTo(1);
    assertThat(desk.api.calls().of("/cgi-bin/token")).isZero();
  }

  @Test
  void itSendsATemplateMessageWhoseResultArrivesAtTheWebhook() throws Exception {
    desk.account.follows(OPENID);
    String msgId =
        wechat
            .getTemplateMsgService()
            .sendTemplateMsg(
                WxMpTemplateMessage.builder()
                    .toUser(OPENID)
                    .templateId("VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc")
                    .url("https://example.com/?a=1&b=2")
                    .build()
                    .addData(new WxMpTemplateData("first", "您好😊")));

    assertThat(Desk.data(desk.nextPush()).getValue("MsgID").toString()).isEqualTo(msgId);
    assertThat(desk.account.sent()).hasSize(1);
    assertThat(
            desk.account
                .sent()
                .get(0)
                .body()
                .getJsonObject("data")
                .getJsonObject("first")
                .getString("value"))
        .isEqualTo("您好😊");
  }

  @Test
  void itSendsCustomerServiceMessagesWhileTheWindowIsOpen() throws Exception {
    userWrites();
    WxMpKefuMessage message = WxMpKefuMessage.TEXT().toUser(OPENID).content("您好").build();
    assertThat(wechat.getKefuService().sendKefuMessage(message)).isTrue();
    desk.api.advance(Duration.ofHours(48));

    assertThatThrownBy(() -> wechat.getKefuService().sendKefuMessage(message))
        .isInstanceOfSatisfying(
            WxErrorException.class,
            error -> assertThat(error.getError().getErrorCode()).isEqualTo(45015));
  }

  @Test
  void itUploadsAndDownloadsMediaAndSendsThem() throws Exception {
    Path file = Files.write(dir.resolve("a.jpg"), "not a picture".getBytes(StandardCharsets.UTF_8));
    WxMediaUploadResult up =
        wechat.getMaterialService().mediaUpload(WxConsts.MediaFileType.IMAGE, file.toFile());
    File down = wechat.getMaterialService().mediaDownload(up.getMediaId());

    assertThat(down).hasSameBinaryContentAs(file.toFile());
    userWrites();
    assertThat(
            wechat
                .getKefuService()
                .sendKefuMessage(
                    WxMpKefuMessage.IMAGE().toUser(OPENID).mediaId(up.getMediaId()).build()))
        .isTrue();
    assertThatThrownBy(() -> wechat.getMaterialService().mediaDownload("nothing"))
        .isInstanceOfSatisfying(
            WxErrorException.class,
            error -> assertThat(error.getError().getErrorCode()).isEqualTo(40007));
  }

  @Test
  void itCreatesReadsAndDeletesAMenu() throws Exception {
    WxMenuButton button = new WxMenuButton();
    button.setType("view");
    button.setName("今日<推荐>");
    button.setUrl("https://example.com/?a=1&b=2");
    WxMenu menu = new WxMenu();
    menu.getButtons().add(button);
    assertThat(wechat.getMenuService().menuCreate(menu)).isNull();

    assertThat(wechat.getMenuService().menuGet().getMenu().getButtons().get(0).getName())
        .isEqualTo("今日<推荐>");
    wechat.getMenuService().menuDelete();
    assertThat(wechat.getMenuService().menuGet()).isNull();
  }

  @Test
  void itReadsUsersAndSignsPages() throws Exception {
    userWrites();
    assertThat(wechat.getUserService().userInfo(OPENID).getSubscribe()).isTrue();
    assertThat(wechat.getUserService().userList(null).getOpenids()).containsExactly(OPENID);

    WxJsapiSignature signature = wechat.createJsapiSignature("https://example.com/");
    assertThat(signature.getSignature())
        .isEqualTo(
            JsSdkSignature.sign(
                wechat.getJsapiTicket(),
                signature.getNonceStr(),
                signature.getTimestamp(),
                "https://example.com/"));
    assertThat(desk.api.calls().of("/cgi-bin/ticket/getticket")).isEqualTo(1);
  }
}

package dev.hongyan.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.wechat.crypto.JsSdkSignature;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import me.chanjar.weixin.common.bean.WxJsapiSignature;
import me.chanjar.weixin.common.bean.menu.WxMenu;
import me.chanjar.weixin.common.bean.menu.WxMenuButton;
import me.chanjar.weixin.common.bean.oauth2.WxOAuth2AccessToken;
import me.chanjar.weixin.common.error.WxErrorException;
import me.chanjar.weixin.common.service.WxOAuth2Service;
import me.chanjar.weixin.mp.api.WxMpService;
import me.chanjar.weixin.mp.api.impl.WxMpServiceImpl;
import me.chanjar.weixin.mp.bean.kefu.WxMpKefuMessage;
import me.chanjar.weixin.mp.bean.template.WxMpTemplateData;
import me.chanjar.weixin.mp.bean.template.WxMpTemplateMessage;
import me.chanjar.weixin.mp.config.WxMpHostConfig;
import me.chanjar.weixin.mp.config.impl.WxMpDefaultConfigImpl;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** WxJava, unchanged, with its host set to us and our key in the place of the secret. */
class WxJavaClientTest {
  private static ProxyFixture fixture;

  @BeforeAll
  static void start() {
    fixture = new ProxyFixture();
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  private static WxMpService wxJava(String key, boolean stable) {
    WxMpDefaultConfigImpl config = new WxMpDefaultConfigImpl();
    config.setAppId("wxacme");
    config.setSecret(key);
    config.useStableAccessToken(stable);
    config.setHostConfig(
        WxMpHostConfig.builder().apiHost(fixture.uri("/wxapi/acme/shop").toString()).build());
    WxMpService service = new WxMpServiceImpl();
    service.setWxMpConfigStorage(config);
    return service;
  }

  @Test
  void everydayCallsWorkWithEitherKindOfToken() throws Exception {
    for (boolean stable : new boolean[] {false, true}) {
      WxMpService wx = wxJava(fixture.key("acme", "wxapi:*"), stable);
      assertThat(wx.getAccessToken()).doesNotContain("realtoken");
      assertThat(wx.getUserService().userInfo("o1").getOpenId()).isEqualTo("o1");

      WxMenuButton button = new WxMenuButton();
      button.setName("鸿雁");
      button.setType("click");
      button.setKey("k");
      WxMenu menu = new WxMenu();
      menu.getButtons().add(button);
      String unusedMenu = wx.getMenuService().menuCreate(menu);
      assertThat(last("/cgi-bin/menu/create").body().toString()).contains("鸿雁");

      WxMpTemplateMessage template =
          WxMpTemplateMessage.builder().toUser("o1").templateId("t1").build();
      WxMpTemplateMessage filled = template.addData(new WxMpTemplateData("first", "你好"));
      assertThat(wx.getTemplateMsgService().sendTemplateMsg(filled)).isEqualTo("200228332");

      assertThat(
              wx.getKefuService()
                  .sendKefuMessage(WxMpKefuMessage.TEXT().toUser("o1").content("在").build()))
          .isTrue();
    }
  }

  @Test
  void mediaGoUpAndComeDown() throws Exception {
    WxMpService wx = wxJava(fixture.key("acme", "wxapi:media/*"), false);
    byte[] picture = FakeWeChatApi.picture(700_000).getBytes();
    assertThat(
            wx.getMaterialService()
                .mediaUpload("image", "jpg", new ByteArrayInputStream(picture))
                .getMediaId())
        .isEqualTo("m1");
    assertThat(last("/cgi-bin/media/upload").body().length()).isGreaterThan(700_000);

    File file = wx.getMaterialService().mediaDownload("m1");
    assertThat(Files.readAllBytes(file.toPath()))
        .isEqualTo(FakeWeChatApi.picture(300_000).getBytes());
    Files.delete(file.toPath());
  }

  @Test
  void usersLogInToPages() throws Exception {
    WxOAuth2Service users = wxJava(fixture.key("acme", "wxapi:*"), true).getOAuth2Service();
    WxOAuth2AccessToken token = users.getAccessToken("code-1");
    assertThat(token.getOpenId()).isEqualTo("o-ada");
    assertThat(users.validateAccessToken(token)).isTrue();
    assertThat(users.getUserInfo(token, "zh_CN").getNickname()).isEqualTo("阿达");
    assertThat(users.refreshAccessToken(token.getRefreshToken()).getAccessToken())
        .isEqualTo(FakeWeChatApi.USER_TOKEN);
  }

  @Test
  void pagesAreSignedWithTheTicket() throws Exception {
    WxMpService wx = wxJava(fixture.key("acme", "wxapi:*"), true);
    WxJsapiSignature signed = wx.createJsapiSignature("https://shop.example/a");
    assertThat(signed.getSignature())
        .isEqualTo(
            JsSdkSignature.sign(
                "ticket-jsapi",
                signed.getNonceStr(),
                signed.getTimestamp(),
                "https://shop.example/a"));
  }

  @Test
  void ourRefusalsReachTheCallerAsErrorsOfItsOwn() {
    WxMpService wx = wxJava(fixture.key("acme", "wxapi:message/*"), false);
    assertThatThrownBy(() -> wx.getUserService().userInfo("o1"))
        .isInstanceOfSatisfying(
            WxErrorException.class, e -> assertThat(e.getError().getErrorCode()).isEqualTo(990003));
    WxMpService stranger = wxJava("hyk_acme_" + "0".repeat(64), false);
    assertThatThrownBy(() -> stranger.getUserService().userInfo("o1"))
        .hasStackTraceContaining("40125");
  }

  @Test
  void aStandInThatEndedIsReplacedByTheSdkItself() throws Exception {
    WxMpService wx = wxJava(fixture.key("acme", "wxapi:*"), false);
    WxMpDefaultConfigImpl config = (WxMpDefaultConfigImpl) wx.getWxMpConfigStorage();
    config.updateAccessToken("a-stand-in-of-another-time", 7200);
    assertThat(wx.getUserService().userInfo("o1").getOpenId()).isEqualTo("o1");
    assertThat(config.getAccessToken()).isNotEqualTo("a-stand-in-of-another-time");
  }

  @Test
  void noRealTokenIsInWhatTheSdkSees() throws Exception {
    WxMpService wx = wxJava(fixture.key("acme", "wxapi:*"), true);
    assertThat(wx.getAccessToken().getBytes(StandardCharsets.US_ASCII).length).isLessThan(512);
    assertThat(wx.getAccessToken()).isNotEqualTo(fixture.wechat.token("wxacme"));
  }

  private static FakeWeChatApi.Asked last(String path) {
    var all = fixture.wechat.asked(path);
    return all.get(all.size() - 1);
  }
}

package dev.hongyan.simulator.push;

import dev.hongyan.simulator.user.SimulatedUser;
import dev.hongyan.simulator.user.SimulatedUsers;
import dev.hongyan.wechat.Product;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Everyday pushes of one account, drawn from a seed: the same seed and users give the same traffic,
 * apart from times. Every push can be found again by {@link PushNumber}. Not thread-safe.
 */
public final class Traffic {
  private static final List<String> TEXTS =
      List.of(
          "你好，请问今天营业到几点？",
          "我的订单什么时候发货🚚",
          "优惠券怎么用呀",
          "谢谢😊",
          "在吗",
          "想预约周六下午三点👨‍👩‍👧‍👦，四个人",
          "这个有货吗？𠮷祥图案的那款",
          "退款已经三天了还没到账😡😡",
          "1",
          "<b>多少钱</b> & 包邮吗？",
          "发票抬头：北京鸿雁科技有限公司",
          "]]> 是什么意思");
  private static final List<String> PLACES =
      List.of("北京市朝阳区建国路87号", "上海市黄浦区人民广场", "广州市海珠区新港中路397号", "成都市锦江区春熙路");
  private static final List<String> KEYS = List.of("menu_coupon", "menu_order", "menu_service");
  private static final List<String> SCENES = List.of("promo_2024", "shop_0571", "table_12");
  private static final String TEMPLATE = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc";

  private record Choice(int weight, Function<RandomGenerator, Draft> draft) {}

  private final PushComposer composer;
  private final SimulatedUsers users;
  private final RandomGenerator random;
  private final List<Choice> choices;
  private final int weights;

  /**
   * Traffic of a product.
   *
   * @param only what to restrict it to: types ({@code text}, {@code SCAN}), {@code message}, {@code
   *     event}, {@code notice}; empty for no restriction. Case matters only where two types differ
   *     by it: {@code location} is the message, {@code LOCATION} the event
   * @throws IllegalArgumentException if nothing is left
   */
  public Traffic(
      PushComposer composer,
      Product product,
      SimulatedUsers users,
      RandomGenerator random,
      Set<String> only) {
    this.composer = composer;
    this.users = users;
    this.random = random;
    this.choices = restricted(choices(product), only);
    this.weights = choices.stream().mapToInt(Choice::weight).sum();
    if (choices.isEmpty()) {
      throw new IllegalArgumentException("random " + product + " traffic has nothing of " + only);
    }
  }

  /** The next push, made now. */
  public SimulatedPush next() {
    SimulatedUser user = users.pick(random);
    int at = random.nextInt(weights);
    for (Choice choice : choices) {
      at -= choice.weight();
      if (at < 0) {
        return composer.compose(user, choice.draft().apply(random));
      }
    }
    throw new IllegalStateException("weights do not add up");
  }

  /** What of {@code all} was asked for. */
  private static List<Choice> restricted(List<Choice> all, Set<String> only) {
    if (only.isEmpty()) {
      return all;
    }
    Set<String> exact = new HashSet<>(only);
    exact.retainAll(all.stream().map(choice -> sample(choice).type()).toList());
    return all.stream()
        .filter(
            choice -> {
              Draft sample = sample(choice);
              return exact.contains(sample.type())
                  || only.stream()
                      .filter(word -> !exact.contains(word))
                      .anyMatch(
                          word ->
                              word.equalsIgnoreCase(sample.type())
                                  || word.equalsIgnoreCase(sample.kind().name()));
            })
        .toList();
  }

  /** Kind and type of a choice do not depend on the draw, so any source of randomness does. */
  private static Draft sample(Choice choice) {
    return choice.draft().apply(() -> 0L);
  }

  private static List<Choice> choices(Product product) {
    return switch (product) {
      case MP -> officialAccount();
      case MINI -> miniProgram();
      case WECOM -> weCom();
      case OPEN -> openPlatform();
      case PAY -> throw new IllegalArgumentException("WeChat Pay does not push messages");
    };
  }

  private static List<Choice> officialAccount() {
    List<Choice> all = new ArrayList<>(commonMessages());
    all.add(
        new Choice(
            6, r -> Draft.event("subscribe", numberedKey("qrscene_" + one(SCENES, r) + "_"))));
    all.add(new Choice(1, r -> Draft.event("unsubscribe", numberedKey(""))));
    all.add(new Choice(6, r -> Draft.event("SCAN", numberedKey(one(SCENES, r) + "_"))));
    all.add(new Choice(9, r -> Draft.event("CLICK", numberedKey(one(KEYS, r) + "_"))));
    all.add(
        new Choice(6, r -> Draft.event("VIEW", numberedKey("https://shop.example.com/list?n="))));
    all.add(
        new Choice(
            3,
            r ->
                Draft.event(
                    "LOCATION",
                    PushFields.none()
                        .decimal("Latitude", coordinate(23, r))
                        .decimal("Longitude", coordinate(113, r))
                        .numberedDecimal("Precision", "385040"))));
    all.add(new Choice(3, r -> Events.templateSendJobFinish("success")));
    all.add(new Choice(2, Traffic::popup));
    return all;
  }

  private static List<Choice> miniProgram() {
    return List.of(
        new Choice(50, Traffic::text),
        new Choice(12, r -> Messages.image()),
        new Choice(
            10,
            r -> Messages.miniProgramPage("会员中心", "wx0d3ef5a1b2c4d687", "pages/member/index?id=8")),
        new Choice(
            22,
            r ->
                Draft.event(
                    "user_enter_tempsession",
                    PushFields.none().numbered("SessionFrom", one(KEYS, r) + "_"))),
        new Choice(6, Traffic::popup));
  }

  private static List<Choice> weCom() {
    List<Choice> all = new ArrayList<>(commonMessages());
    all.add(new Choice(8, r -> Draft.event("click", numberedKey(one(KEYS, r) + "_"))));
    all.add(new Choice(8, r -> Draft.event("view", numberedKey("https://oa.example.com/list?n="))));
    all.add(new Choice(8, r -> Draft.event("enter_agent", numberedKey(""))));
    return all;
  }

  private static List<Choice> openPlatform() {
    return List.of(
        new Choice(
            8,
            r ->
                Draft.notice(
                    "component_verify_ticket",
                    PushFields.none()
                        .numbered("ComponentVerifyTicket", "ticket@@@8gC3xPqW-LmN0vRt_"))),
        new Choice(3, r -> authorization("authorized")),
        new Choice(2, r -> authorization("updateauthorized")),
        new Choice(
            1,
            r ->
                Draft.notice("unauthorized", PushFields.none().numbered("AuthorizerAppid", "wx"))));
  }

  private static List<Choice> commonMessages() {
    return List.of(
        new Choice(50, Traffic::text),
        new Choice(8, r -> Messages.image()),
        new Choice(5, r -> Messages.voice(one(TEXTS, r))),
        new Choice(2, r -> Messages.video()),
        new Choice(1, r -> Messages.shortVideo()),
        new Choice(
            3, r -> Messages.location(coordinate(23, r), coordinate(113, r), one(PLACES, r))),
        new Choice(
            2,
            r ->
                Messages.link(
                    "鸿雁公开课", "怎样和十万个客户聊天", "https://mp.weixin.qq.com/s?__biz=MzA5&mid=26&idx=1")));
  }

  private static Draft text(RandomGenerator random) {
    return Messages.numberedText(one(TEXTS, random));
  }

  private static Draft popup(RandomGenerator random) {
    int count = 1 + random.nextInt(2);
    List<PushFields> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      entries.add(
          PushFields.none()
              .numbered("TemplateId", TEMPLATE + i + "_")
              .text("SubscribeStatusString", random.nextBoolean() ? "accept" : "reject")
              .text("PopupScene", "2"));
    }
    return Draft.event(
        "subscribe_msg_popup_event",
        PushFields.none()
            .xmlGroup("SubscribeMsgPopupEvent", PushFields.none().list("List", entries)));
  }

  private static Draft authorization(String type) {
    return Draft.notice(
        type,
        PushFields.none()
            .numbered("AuthorizerAppid", "wx")
            .numbered("AuthorizationCode", "queryauthcode@@@")
            .number("AuthorizationCodeExpiredTime", 3600)
            .numbered("PreAuthCode", "preauthcode@@@"));
  }

  private static PushFields numberedKey(String prefix) {
    return PushFields.none().numbered("EventKey", prefix);
  }

  private static BigDecimal coordinate(int degrees, RandomGenerator random) {
    return BigDecimal.valueOf(degrees * 1_000_000L + random.nextInt(1_000_000), 6);
  }

  private static <T> T one(List<T> of, RandomGenerator random) {
    return of.get(random.nextInt(of.size()));
  }
}

package dev.hongyan.router.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultPushTest {
  private static final String ENTRY =
      "{\"TemplateId\":\"T\",\"MsgID\":\"1700827132819554304\",\"ErrorCode\":\"0\",\"ErrorStatus\":\"success\"}";
  private static final String OTHER =
      "{\"TemplateId\":\"T\",\"MsgID\":2,\"ErrorStatus\":\"user refuse\"}";
  private static final ResultPush FIRST = new ResultPush("1700827132819554304", "success");

  private static List<ResultPush> of(String data) {
    return ResultPush.of(new JsonObject(data));
  }

  @Test
  void aTemplateResultTellsItsMessageAndStatus() {
    assertThat(
            of(
                "{\"Event\":\"TEMPLATESENDJOBFINISH\",\"MsgID\":200163836,\"Status\":\"failed:user block\"}"))
        .containsExactly(new ResultPush("200163836", "failed:user block"));
  }

  @Test
  void subscriptionResultsAreReadInEveryShapeTheyComeIn() {
    ResultPush second = new ResultPush("2", "user refuse");
    assertThat(of("{\"List\":" + ENTRY + "}")).containsExactly(FIRST);
    assertThat(of("{\"List\":[" + ENTRY + "," + OTHER + "]}")).containsExactly(FIRST, second);
    assertThat(of("{\"SubscribeMsgSentEvent\":{\"List\":[" + OTHER + "," + ENTRY + "]}}"))
        .containsExactly(second, FIRST);
  }

  @Test
  void whatNamesNoMessageTellsNothing() {
    assertThat(of("{\"List\":[1,\"x\",{}],\"SubscribeMsgSentEvent\":\"\"}")).isEmpty();
    assertThat(of("{}")).isEmpty();
  }
}

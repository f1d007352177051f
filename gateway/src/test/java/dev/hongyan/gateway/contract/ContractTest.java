package dev.hongyan.gateway.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hongyan.observability.problem.ProblemException.FieldError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractTest {
  private static final String HEAD =
      """
      openapi: 3.1.0
      paths:
        /things:
          post:
            operationId: make
            x-hongyan-role: admin
            requestBody:
              content:
                application/json:
                  schema:
      """;

  /** A contract with one operation, whose body looks like this. */
  private static Operation taking(String schema) {
    return Contract.read(Buffer.buffer(HEAD + schema.indent(14))).operation("POST /things");
  }

  private static List<String> wrong(Operation operation, JsonObject body) {
    List<FieldError> errors = new ArrayList<>();
    operation.checkBody(body, errors);
    return errors.stream().map(e -> e.field() + " " + e.message()).toList();
  }

  @Test
  void theJsonThatTheBuildMadeSaysWhatTheYamlSays() {
    Contract read = Contract.ofProgram();
    Buffer yaml = read.yaml();
    assertThat(Contract.class.getResource("/" + ContractJson.nameFor(yaml.getBytes()))).isNotNull();
    assertThat(read.json()).isEqualTo(Contract.read(yaml).json());
  }

  @Test
  void theJsonOfAnotherYamlIsNotTaken(@TempDir Path folder) throws IOException {
    Path yaml = folder.resolve("openapi.yaml");
    Files.writeString(yaml, "openapi: 3.1.0\n");
    ContractJson.main(new String[] {folder.toString()});
    String first = ContractJson.nameFor(Files.readAllBytes(yaml));
    assertThat(folder.resolve(first)).hasContent("{\"openapi\":\"3.1.0\"}");

    Files.writeString(yaml, "openapi: 3.1.1\n");
    ContractJson.main(new String[] {folder.toString()});
    String second = ContractJson.nameFor(Files.readAllBytes(yaml));
    assertThat(second).isNotEqualTo(first);
    assertThat(folder.resolve(second)).hasContent("{\"openapi\":\"3.1.1\"}");
    assertThat(folder.resolve(first)).doesNotExist();
  }

  @Test
  void allMistakesAreNamedAtOnceEachWhereItIs() {
    Operation operation = Contract.ofProgram().operation("POST /api/v1/tenants");
    JsonObject body =
        new JsonObject()
            .put("priority", 11)
            .put("name", 7)
            .put("colour", "s3cr3t")
            .put("suspended", "s3cr3t")
            .put("retention", new JsonObject().put("messages", 0).put("weeks", 1))
            .put("ttl", new JsonArray().add(new JsonObject().put("match", "#")).add("s3cr3t"));
    assertThat(wrong(operation, body))
        .containsExactlyInAnyOrder(
            "id is required",
            "priority must be a whole number from 0 to 9",
            "name must be a text; put it in quotes",
            "colour is not known here",
            "suspended must be true or false",
            "retention.messages must be a whole number of at least 1",
            "retention.weeks is not known here",
            "ttl[0].life is required",
            "ttl[1] must be an object")
        .noneMatch(text -> text.contains("s3cr3t"));
  }

  @Test
  void nullIsAsGoodAsAbsentUnlessAnythingMayStandThere() {
    Operation tenant = Contract.ofProgram().operation("POST /api/v1/tenants");
    assertThat(wrong(tenant, new JsonObject().put("id", "a").putNull("name"))).isEmpty();
    assertThat(wrong(tenant, new JsonObject().putNull("id"))).containsExactly("id is required");
    Operation message = Contract.ofProgram().operation("POST /api/v1/tenants/{tenant}/messages");
    assertThat(wrong(message, new JsonObject().put("topic", "app.a").putNull("data"))).isEmpty();
  }

  @Test
  void parametersAreReadAsWhatTheyAre() {
    Operation list = Contract.ofProgram().operation("GET /api/v1/tenants");
    for (String bad : List.of("0", "501", "x", "", "1.5", "99999999999999999999")) {
      List<FieldError> errors = new ArrayList<>();
      list.checkParameters(name -> name.equals("limit") ? bad : null, name -> null, errors);
      assertThat(errors)
          .containsExactly(new FieldError("limit", "must be a whole number from 1 to 500"));
    }
    List<FieldError> none = new ArrayList<>();
    list.checkParameters(name -> name.equals("limit") ? "500" : null, name -> null, none);
    assertThat(none).isEmpty();
  }

  @Test
  void whatItDoesNotUnderstandIsRefusedWhenItIsRead() {
    assertThatThrownBy(() -> taking("{ type: object, minProperties: 1 }"))
        .hasMessageContaining("POST /things")
        .hasMessageContaining("minProperties");
    assertThatThrownBy(() -> taking("{ $ref: '#/components/schemas/Gone' }"))
        .hasMessageContaining("#/components/schemas/Gone");
    String noRole = HEAD.replace("x-hongyan-role: admin", "summary: x") + "                {}\n";
    assertThatThrownBy(() -> Contract.read(Buffer.buffer(noRole)))
        .hasMessageContaining("x-hongyan-role");
  }

  @Test
  void whatIsServedAndWhatIsDescribedMustBeTheSame() {
    Contract contract = Contract.ofProgram();
    Set<String> served = new HashSet<>(contract.all().keySet());
    contract.requireServed(served);
    assertThat(served.remove("GET /api/v1/tenants")).isTrue();
    assertThat(served.add("GET /api/v1/secret")).isTrue();
    assertThatThrownBy(() -> contract.requireServed(served))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("only described: [GET /api/v1/tenants]")
        .hasMessageContaining("only served: [GET /api/v1/secret]");
  }

  /** Another reader of JSON Schema has the last word on what passes. */
  @Test
  void itTakesWhatJsonSchemaTakes() {
    List<String> schemas =
        List.of(
            "{\"type\":\"object\",\"required\":[\"v\"],\"properties\":{\"v\":{\"type\":\"integer\","
                + "\"minimum\":1,\"maximum\":9}}}",
            "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"string\",\"minLength\":2,"
                + "\"maxLength\":3,\"pattern\":\"^a\"}}}",
            "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"v\":"
                + "{\"enum\":[\"ab\",true]}}}",
            "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"array\",\"minItems\":1,"
                + "\"maxItems\":2,\"items\":{\"type\":\"boolean\"}}}}",
            "{\"type\":\"object\",\"properties\":{\"v\":{\"anyOf\":[{\"type\":\"boolean\"},"
                + "{\"type\":\"object\",\"required\":[\"w\"]}]}}}",
            "{\"allOf\":[{\"required\":[\"v\"]},{\"properties\":{\"v\":{\"const\":\"ab\"}}}]}",
            "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\",\"minimum\":2}}",
            "{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"string\","
                + "\"format\":\"date-time\"}}}");
    List<Object> values =
        List.of(
            0,
            1,
            5,
            9,
            10,
            2.5,
            5.0,
            "",
            "a",
            "ab",
            "abc",
            "abcd",
            "\uD83D\uDE00a",
            "bc",
            true,
            "2026-12-31T09:00:00+08:00",
            "2026-12-31",
            new JsonArray(),
            new JsonArray().add(true),
            new JsonArray().add(1),
            new JsonArray().add(true).add(false).add(true),
            new JsonObject(),
            new JsonObject().put("w", 1));
    int taken = 0;
    for (String schema : schemas) {
      Operation ours = taking(schema);
      Validator theirs =
          Validator.create(
              JsonSchema.of(new JsonObject(schema)),
              new JsonSchemaOptions()
                  .setBaseUri("https://hongyan.dev")
                  .setDraft(Draft.DRAFT202012)
                  .setOutputFormat(OutputFormat.Flag));
      List<JsonObject> bodies = new ArrayList<>();
      values.forEach(value -> bodies.add(new JsonObject().put("v", value)));
      bodies.add(new JsonObject());
      bodies.add(new JsonObject().put("other", 3));
      for (JsonObject body : bodies) {
        boolean takes = wrong(ours, body).isEmpty();
        assertThat(takes)
            .as(schema + " and " + body.encode())
            .isEqualTo(theirs.validate(body.copy()).getValid());
        taken += takes ? 1 : 0;
      }
    }
    assertThat(taken).isGreaterThan(20);
  }
}

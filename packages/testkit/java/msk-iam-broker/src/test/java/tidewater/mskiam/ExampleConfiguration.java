package tidewater.mskiam;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.function.Consumer;

/** A configuration whose credentials the presigned fixtures were made with, and those fixtures. */
final class ExampleConfiguration {
  static final Instant SIGNED_AT = Instant.parse("2020-10-22T13:45:00Z");
  static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  static final String SESSION_TOKEN = "IQoJb3JpZ2lu+/token==~ with space";
  static final String USER = "arn:aws:iam::123456789012:user/producer";
  static final String ROLE_SESSION = "arn:aws:sts::123456789012:assumed-role/app/tidewater";
  static final String CLUSTER = "arn:aws:kafka:us-east-1:123456789012:cluster/local/11111111-2222";
  static final String TOPICS = "arn:aws:kafka:us-east-1:123456789012:topic/local/11111111-2222/";
  static final String GROUPS = "arn:aws:kafka:us-east-1:123456789012:group/local/11111111-2222/";
  static final String TRANSACTIONAL_IDS =
      "arn:aws:kafka:us-east-1:123456789012:transactional-id/local/11111111-2222/";

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String EVERYTHING =
      "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'kafka-cluster:*','Resource':'*'}}";

  private ExampleConfiguration() {}

  static IamConfiguration parsed() {
    return parsed(json -> {});
  }

  static IamConfiguration parsed(Consumer<ObjectNode> change) {
    return IamConfigurationParser.parse(bytes(change));
  }

  static byte[] bytes(Consumer<ObjectNode> change) {
    ObjectNode json =
        (ObjectNode)
            json(
                "{'version':1,'region':'us-east-1','clusterArn':'"
                    + CLUSTER
                    + "','acceptedHosts':['localhost'],"
                    + "'serviceHosts':['kafka.us-east-1.amazonaws.com'],'decisionLogFile':'/nowhere/decisions.jsonl',"
                    + "'identities':[{'arn':'"
                    + USER
                    + "','accessKeyId':'AKIDEXAMPLE','secretAccessKey':'"
                    + SECRET
                    + "','policies':["
                    + EVERYTHING
                    + "]},"
                    + "{'arn':'"
                    + ROLE_SESSION
                    + "','accessKeyId':'ASIAEXAMPLE','secretAccessKey':'"
                    + SECRET
                    + "','sessionToken':'"
                    + SESSION_TOKEN
                    + "','policies':["
                    + EVERYTHING
                    + "]}]}");
    change.accept(json);
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @param relaxed JSON with single quotes
   */
  static JsonNode json(String relaxed) {
    try {
      return MAPPER.readTree(relaxed.replace('\'', '"'));
    } catch (IOException thrown) {
      throw new UncheckedIOException(thrown);
    }
  }

  /** The identity of the given index gets one policy with these statements. */
  static Consumer<ObjectNode> policy(int identity, String statements) {
    return json ->
        ((ObjectNode) json.get("identities").get(identity))
            .set("policies", json("[{'Version':'2012-10-17','Statement':[" + statements + "]}]"));
  }

  static ObjectNode identity(ObjectNode json, int index) {
    return (ObjectNode) json.get("identities").get(index);
  }

  /** A URL that botocore signed at {@link #SIGNED_AT}. */
  static String presignedUrl(String name) {
    try (InputStream stream =
        ExampleConfiguration.class.getResourceAsStream("/presigned-by-botocore.json")) {
      return MAPPER.readTree(stream).get(name).textValue();
    } catch (IOException thrown) {
      throw new UncheckedIOException(thrown);
    }
  }

  static String token(String url) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(url.getBytes(StandardCharsets.UTF_8));
  }

  static PresignedRequest presigned(String name) {
    return PresignedUrl.parse(token(presignedUrl(name)));
  }

  /** AWS_MSK_IAM's payload of a presigned URL, as AWS's Java client writes it. */
  static ObjectNode payload(String name) {
    ObjectNode payload =
        MAPPER.createObjectNode().put("version", "2020_10_22").put("user-agent", "test/1.0");
    String url = presignedUrl(name);
    payload.put("host", url.substring("https://".length(), url.indexOf("/?")));
    for (String parameter : url.substring(url.indexOf('?') + 1).split("&")) {
      int equalsSign = parameter.indexOf('=');
      payload.put(
          parameter.substring(0, equalsSign).toLowerCase(Locale.ROOT),
          PercentCoding.decode(parameter.substring(equalsSign + 1)));
    }
    return payload;
  }
}

package tidewater.mskiam;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * AWS_MSK_IAM's message: a JSON object with the parts of the presigned request under lower-case
 * names, its values not percent-coded, besides the payload's version and the host that was signed.
 */
final class SignedPayload {
  static final String VERSION = "2020_10_22";

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final Map<String, String> CANONICAL_NAMES =
      PresignedRequest.KNOWN.stream()
          .collect(
              Collectors.toUnmodifiableMap(name -> name.toLowerCase(Locale.ROOT), name -> name));

  private SignedPayload() {}

  /**
   * @throws Refusal when the message is no such payload
   */
  static PresignedRequest parse(byte[] message) {
    Map<String, String> fields = readFields(message);
    String version = fields.remove("version");
    if (!VERSION.equals(version)) {
      throw Refusal.accessDenied(
          version == null
              ? "the payload has no version"
              : "the payload's version is " + Refusal.quote(version) + ", not " + VERSION);
    }
    String host = fields.remove("host");
    if (host == null) throw Refusal.accessDenied("the payload has no host");
    Map<String, String> parameters = new HashMap<>();
    fields.forEach(
        (name, value) -> parameters.put(CANONICAL_NAMES.getOrDefault(name, name), value));
    if (parameters.size() != fields.size())
      throw Refusal.accessDenied("a field of the payload occurs twice");
    return new PresignedRequest(host, parameters);
  }

  /** The answer to a payload that is accepted; AWS's client insists on it. */
  static byte[] answer(String requestId) {
    try {
      return MAPPER.writeValueAsBytes(
          MAPPER.createObjectNode().put("version", VERSION).put("request-id", requestId));
    } catch (JsonProcessingException thrown) {
      throw new IllegalStateException("Two strings can always be written as JSON", thrown);
    }
  }

  private static Map<String, String> readFields(byte[] message) {
    JsonNode payload;
    try {
      payload = MAPPER.readTree(message);
    } catch (IOException thrown) {
      throw Refusal.accessDenied("the payload is not JSON, or a field occurs twice");
    }
    if (!payload.isObject()) throw Refusal.accessDenied("the payload is not a JSON object");
    Map<String, String> fields = new HashMap<>();
    for (Iterator<Map.Entry<String, JsonNode>> entries = payload.fields(); entries.hasNext(); ) {
      Map.Entry<String, JsonNode> field = entries.next();
      if (!field.getValue().isTextual()) {
        throw Refusal.accessDenied(
            "the payload's field " + Refusal.quote(field.getKey()) + " is not a string");
      }
      fields.put(field.getKey(), field.getValue().textValue());
    }
    return fields;
  }
}

package tidewater.mskiam;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/** A line of the decision log. Whoever adds to it adds no secret, signature or session token. */
final class Decision {
  private static final JsonMapper MAPPER = new JsonMapper();

  enum Kind {
    AUTHENTICATION("authentication"),
    REAUTHENTICATION("reauthentication"),
    AUTHORIZATION("authorization"),
    SESSION_ENDED("session-ended"),
    CONNECTION_REFUSED("connection-refused");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  private final ObjectNode line = MAPPER.createObjectNode();

  /**
   * @param at by the machine's clock, without the offset that clients are measured with
   */
  Decision(Instant at, Kind kind, boolean allowed, String reason) {
    line.put("at", at.toString())
        .put("kind", kind.text)
        .put("result", allowed ? "allowed" : "denied");
    line.put("reason", reason);
  }

  /**
   * @param value null leaves the field out
   */
  Decision with(String field, String value) {
    if (value != null) line.put(field, value);
    return this;
  }

  Decision withSessionSeconds(double seconds) {
    line.put("sessionSeconds", seconds);
    return this;
  }

  String toJson() {
    return line.toString();
  }
}

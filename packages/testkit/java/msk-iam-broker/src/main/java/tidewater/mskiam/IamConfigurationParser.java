package tidewater.mskiam;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads and validates the content of iam.json. */
final class IamConfigurationParser {
  private static final int VERSION = 1;
  private static final int SECONDS_OF_A_WEEK = 7 * 24 * 3600;
  private static final int SECONDS_OF_12_HOURS = 12 * 3600;
  private static final Pattern IDENTITY_ARN =
      Pattern.compile(
          "arn:(aws|aws-cn|aws-us-gov):(iam::[0-9]{12}:user/[^\\s]+|sts::[0-9]{12}:assumed-role/[^\\s/]+/[^\\s/]+)");
  private static final Set<String> FIELDS =
      Set.of(
          "version",
          "region",
          "clusterArn",
          "acceptedHosts",
          "serviceHosts",
          "clockOffsetSeconds",
          "maxClockSkewSeconds",
          "sessionSeconds",
          "minSessionSeconds",
          "connectionsPerSecond",
          "maxConnections",
          "acceptFractionalExpires",
          "idempotentWriteByWriteData",
          "logAllowedAuthorizations",
          "identities",
          "decisionLogFile");
  private static final Set<String> IDENTITY_FIELDS =
      Set.of("arn", "accessKeyId", "secretAccessKey", "sessionToken", "expiresAt", "policies");
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // A message with a piece of the text would show a secret.
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private IamConfigurationParser() {}

  /**
   * @throws IamConfigurationException naming the field, what is found there and what is expected
   */
  static IamConfiguration parse(byte[] json) {
    JsonFields fields = new JsonFields("", readObject(json));
    fields.allowOnly(FIELDS);
    int version = fields.integer("version", 0, 0, Integer.MAX_VALUE);
    if (version != VERSION)
      throw fields.invalid("version", String.valueOf(version), String.valueOf(VERSION));
    ClusterArn cluster = clusterArn(fields);
    // Left out it is an hour; null means that the broker sets no limit of its own.
    int unless = fields.raw("sessionSeconds") == null ? 3600 : 0;
    int longestSeconds = fields.integer("sessionSeconds", unless, 1, SECONDS_OF_12_HOURS);
    int shortestSeconds = fields.integer("minSessionSeconds", 5, 0, SECONDS_OF_12_HOURS);
    if (longestSeconds != 0 && longestSeconds < shortestSeconds) {
      throw fields.invalid(
          "sessionSeconds",
          String.valueOf(longestSeconds),
          "at least minSessionSeconds, " + shortestSeconds);
    }
    Map<String, Identity> identities = new HashMap<>();
    Map<String, List<PolicyStatement>> statements = new HashMap<>();
    readIdentities(fields, identities, statements);
    return new IamConfiguration(
        cluster.region(),
        cluster,
        hosts(fields, "acceptedHosts"),
        hosts(fields, "serviceHosts"),
        Duration.ofSeconds(
            fields.integer("clockOffsetSeconds", 0, -SECONDS_OF_A_WEEK, SECONDS_OF_A_WEEK)),
        Duration.ofSeconds(fields.integer("maxClockSkewSeconds", 300, 0, SECONDS_OF_12_HOURS)),
        longestSeconds == 0 ? null : Duration.ofSeconds(longestSeconds),
        Duration.ofSeconds(shortestSeconds),
        fields.integer("connectionsPerSecond", 100, 1, 1_000_000),
        fields.integer("maxConnections", 3000, 1, 1_000_000),
        fields.flag("acceptFractionalExpires", false),
        fields.flag("idempotentWriteByWriteData", false),
        fields.flag("logAllowedAuthorizations", true),
        Map.copyOf(identities),
        Map.copyOf(statements),
        Path.of(fields.text("decisionLogFile")));
  }

  private static JsonNode readObject(byte[] json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException thrown) {
      String at =
          thrown.getLocation() == null ? "" : " at line " + thrown.getLocation().getLineNr();
      throw new IamConfigurationException(
          "It is not JSON" + at + ", or a field occurs twice there.");
    } catch (IOException thrown) {
      throw new UncheckedIOException(thrown);
    }
  }

  private static ClusterArn clusterArn(JsonFields fields) {
    String text = fields.text("clusterArn");
    ClusterArn cluster = ClusterArn.parse(text);
    if (cluster == null) {
      throw fields.invalid(
          "clusterArn",
          Refusal.quote(text),
          "arn:aws:kafka:<region>:<12 digits>:cluster/<name>/<uuid>");
    }
    String region = fields.text("region");
    if (!cluster.region().equals(region)) {
      throw fields.invalid(
          "region", Refusal.quote(region), "that of clusterArn, " + cluster.region());
    }
    return cluster;
  }

  private static Set<String> hosts(JsonFields fields, String field) {
    Set<String> hosts = new LinkedHashSet<>();
    for (String host : fields.texts(field)) hosts.add(host.toLowerCase(Locale.ROOT));
    return hosts;
  }

  private static void readIdentities(
      JsonFields fields,
      Map<String, Identity> identities,
      Map<String, List<PolicyStatement>> statements) {
    Map<String, JsonNode> documentsByArn = new HashMap<>();
    for (JsonFields each : fields.objects("identities")) {
      Identity identity = identity(each);
      if (identities.putIfAbsent(identity.accessKeyId(), identity) != null) {
        throw each.invalid(
            "accessKeyId", Refusal.quote(identity.accessKeyId()), "one that no other identity has");
      }
      // Policies belong to the user or role. Were they allowed to differ from one set of
      // credentials to the next, what
      // a connection may do would depend on which of them is read first.
      JsonNode former = documentsByArn.putIfAbsent(identity.arn(), each.raw("policies"));
      if (former != null && !former.equals(each.raw("policies"))) {
        throw each.invalid(
            "policies", "unlike those of another identity of the same arn", "the same ones");
      }
      statements.putIfAbsent(identity.arn(), identity.statements());
    }
  }

  private static Identity identity(JsonFields fields) {
    fields.allowOnly(IDENTITY_FIELDS);
    String arn = fields.text("arn");
    if (!IDENTITY_ARN.matcher(arn).matches()) {
      throw fields.invalid(
          "arn",
          Refusal.quote(arn),
          "arn:aws:iam::<12 digits>:user/<name> or arn:aws:sts::<12"
              + " digits>:assumed-role/<role>/<session>");
    }
    String accessKeyId = fields.text("accessKeyId");
    if (!accessKeyId.matches("[A-Za-z0-9_]{1,128}")) {
      throw fields.invalid(
          "accessKeyId",
          "of other characters or too long",
          "1 to 128 letters, digits and underscores");
    }
    List<PolicyStatement> statements = new ArrayList<>();
    for (JsonFields document : fields.objects("policies"))
      statements.addAll(PolicyParser.parse(document));
    return new Identity(
        arn,
        accessKeyId,
        fields.text("secretAccessKey"),
        fields.optionalText("sessionToken", null),
        instant(fields, "expiresAt"),
        List.copyOf(statements));
  }

  private static Instant instant(JsonFields fields, String field) {
    String text = fields.optionalText(field, null);
    if (text == null) return null;
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException thrown) {
      throw fields.invalid(field, Refusal.quote(text), "an instant such as 2020-10-22T13:45:00Z");
    }
  }
}

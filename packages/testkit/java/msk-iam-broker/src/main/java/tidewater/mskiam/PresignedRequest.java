package tidewater.mskiam;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The request both mechanisms carry: {@code GET
 * https://host/?Action=kafka-cluster:Connect&X-Amz-…}, signed in its query. Holds the parameters by
 * their canonical names, decoded; every required one is there and none is unknown.
 */
final class PresignedRequest {
  static final String ACTION = "Action";
  static final String ALGORITHM = "X-Amz-Algorithm";
  static final String CREDENTIAL = "X-Amz-Credential";
  static final String DATE = "X-Amz-Date";
  static final String EXPIRES = "X-Amz-Expires";
  static final String SECURITY_TOKEN = "X-Amz-Security-Token";
  static final String SIGNATURE = "X-Amz-Signature";
  static final String SIGNED_HEADERS = "X-Amz-SignedHeaders";

  /** The signature does not cover the user agent, which AWS's signers append afterwards. */
  static final String USER_AGENT = "User-Agent";

  private static final List<String> REQUIRED =
      List.of(ACTION, ALGORITHM, CREDENTIAL, DATE, EXPIRES, SIGNATURE, SIGNED_HEADERS);
  static final List<String> KNOWN =
      Stream.concat(REQUIRED.stream(), Stream.of(SECURITY_TOKEN, USER_AGENT)).toList();

  private final String host;
  private final Map<String, String> parameters;

  /**
   * @throws Refusal when a required parameter is missing or one is unknown
   */
  PresignedRequest(String host, Map<String, String> parameters) {
    this.host = host;
    this.parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    for (String name : REQUIRED) {
      if (!parameters.containsKey(name)) throw Refusal.accessDenied(name + " is missing");
    }
    for (String name : parameters.keySet()) {
      if (!KNOWN.contains(name))
        throw Refusal.accessDenied("the parameter " + Refusal.quote(name) + " is unknown");
    }
  }

  String host() {
    return host;
  }

  /** A required parameter; null for a security token that was not sent. */
  String parameter(String name) {
    return parameters.get(name);
  }

  /** The access key the request claims, before anything is verified. */
  String accessKeyId() {
    return parameters.get(CREDENTIAL).split("/", 2)[0];
  }

  /**
   * What Signature Version 4 signs: an empty path, as Java's signer has it, is canonically "/", as
   * Python's sends it.
   */
  String canonicalRequest(String emptyBodySha256) {
    return String.join(
        "\n",
        Arrays.asList("GET", "/", canonicalQuery(), "host:" + host, "", "host", emptyBodySha256));
  }

  private String canonicalQuery() {
    return parameters.entrySet().stream()
        .filter(
            parameter ->
                !parameter.getKey().equals(SIGNATURE) && !parameter.getKey().equals(USER_AGENT))
        .map(
            parameter ->
                PercentCoding.encode(parameter.getKey())
                    + "="
                    + PercentCoding.encode(parameter.getValue()))
        .collect(Collectors.joining("&"));
  }

  /**
   * Never the parameters: a signature and a session token are as good as a password while they
   * last.
   */
  @Override
  public String toString() {
    return "PresignedRequest(host=" + host + ")";
  }
}

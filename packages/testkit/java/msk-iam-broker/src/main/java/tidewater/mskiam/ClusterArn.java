package tidewater.mskiam;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cluster's ARN, and those of what is within it.
 *
 * @param prefix {@code arn:<partition>:kafka:<region>:<account>:}
 * @param path {@code <cluster name>/<uuid>}
 */
record ClusterArn(String prefix, String region, String path) {
  private static final Pattern ARN =
      Pattern.compile(
          "(arn:(?:aws|aws-cn|aws-us-gov):kafka:([a-z0-9-]+):[0-9]{12}:)cluster/([A-Za-z0-9-]+/[A-Za-z0-9-]+)");

  enum Kind {
    CLUSTER("cluster"),
    TOPIC("topic"),
    GROUP("group"),
    TRANSACTIONAL_ID("transactional-id");

    private final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  /** Null when the text is no cluster's ARN. */
  static ClusterArn parse(String text) {
    Matcher matcher = ARN.matcher(text);
    return matcher.matches()
        ? new ClusterArn(matcher.group(1), matcher.group(2), matcher.group(3))
        : null;
  }

  /**
   * @param name of the topic, group or transactional id; not used for the cluster itself
   */
  String of(Kind kind, String name) {
    return kind == Kind.CLUSTER ? cluster() : within(kind) + name;
  }

  String cluster() {
    return prefix + Kind.CLUSTER.type + "/" + path;
  }

  /** The part that the ARNs of all resources of a kind have in common. */
  String within(Kind kind) {
    return prefix + kind.type + "/" + path + "/";
  }
}

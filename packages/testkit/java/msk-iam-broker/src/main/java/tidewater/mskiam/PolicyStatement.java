package tidewater.mskiam;

import java.util.List;
import java.util.Locale;

/**
 * A statement of an identity's policy.
 *
 * @param place where it is in the configuration, for messages and the decision log
 * @param actions in lower case: IAM's actions are not case-sensitive
 * @param resources ARN patterns, which are
 */
record PolicyStatement(
    String place, boolean allows, List<WildcardPattern> actions, List<WildcardPattern> resources) {

  boolean isAbout(KafkaClusterAction action) {
    String name = action.iamName().toLowerCase(Locale.ROOT);
    return actions.stream().anyMatch(pattern -> pattern.matches(name));
  }

  boolean applies(KafkaClusterAction action, String resourceArn) {
    return isAbout(action) && resources.stream().anyMatch(pattern -> pattern.matches(resourceArn));
  }
}

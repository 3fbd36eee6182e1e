package tidewater.mskiam;

import java.util.List;
import java.util.stream.Stream;

/**
 * Evaluates an identity's policies: an explicit Deny wins over every Allow, and what nothing allows
 * is denied.
 */
final class AccessEvaluator {
  // Stands for "some characters" where a pattern leaves them open. No name of a topic, group or
  // policy has it, so that
  // only a wildcard can match it.
  private static final String SOME_CHARACTERS = "\uFFFF";

  private final ClusterArn cluster;
  private final List<PolicyStatement> statements;

  AccessEvaluator(ClusterArn cluster, List<PolicyStatement> statements) {
    this.cluster = cluster;
    this.statements = statements;
  }

  /**
   * @param reason why; for a denial the statement that denies, or the action that is missing
   */
  record Access(boolean allowed, String resource, String reason) {}

  /** Whether the action, and every action it needs besides, is allowed. */
  Access decide(KafkaClusterAction action, String name) {
    String resource = cluster.of(action.kind(), name);
    Access own = evaluate(action, resource);
    if (!own.allowed) return own;
    for (KafkaClusterAction needed : action.needs()) {
      Access access =
          needed.kind() == action.kind() || needed.kind() == ClusterArn.Kind.CLUSTER
              ? decide(needed, name)
              : somewhere(needed);
      if (!access.allowed) {
        return new Access(
            false,
            resource,
            action.iamName() + " needs " + needed.iamName() + ": " + access.reason);
      }
    }
    return own;
  }

  /** Whether the action is allowed on at least one resource of its kind. */
  Access decideOnAny(KafkaClusterAction action) {
    Access connect = decide(KafkaClusterAction.CONNECT, "");
    return connect.allowed ? somewhere(action) : connect;
  }

  private Access evaluate(KafkaClusterAction action, String resource) {
    PolicyStatement denying = find(false, action, resource);
    if (denying != null) {
      return new Access(
          false,
          resource,
          action.iamName() + " on " + resource + " is denied by " + denying.place());
    }
    PolicyStatement allowing = find(true, action, resource);
    return allowing == null
        ? new Access(false, resource, "no statement allows " + action.iamName() + " on " + resource)
        : new Access(true, resource, "allowed by " + allowing.place());
  }

  private PolicyStatement find(boolean allows, KafkaClusterAction action, String resource) {
    return statements.stream()
        .filter(statement -> statement.allows() == allows && statement.applies(action, resource))
        .findFirst()
        .orElse(null);
  }

  // Tries, for each pattern that allows the action, the plainest names it can stand for. A union of
  // several Denies that
  // together leave nothing of an Allow may go unnoticed here; the actual resource is asked for
  // later all the same.
  private Access somewhere(KafkaClusterAction action) {
    String within = cluster.within(action.kind());
    return statements.stream()
        .filter(statement -> statement.allows() && statement.isAbout(action))
        .flatMap(statement -> statement.resources().stream())
        .flatMap(pattern -> pattern.restAfter(within).stream())
        .flatMap(rest -> Stream.of(rest.replace("*", ""), rest.replace("*", SOME_CHARACTERS)))
        .map(rest -> rest.replace("?", SOME_CHARACTERS))
        .filter(name -> !name.isEmpty())
        .map(name -> evaluate(action, within + name))
        .filter(Access::allowed)
        .findFirst()
        .map(access -> new Access(true, within + "*", access.reason))
        .orElseGet(
            () ->
                new Access(
                    false,
                    within + "*",
                    "no statement allows " + action.iamName() + " on any resource"));
  }
}

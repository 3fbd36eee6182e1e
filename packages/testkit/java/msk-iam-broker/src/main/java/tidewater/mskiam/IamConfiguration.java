package tidewater.mskiam;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The content of iam.json, validated.
 *
 * @param acceptedHosts hosts AWS_MSK_IAM may have signed: each client signs its own idea of the
 *     broker's name, which for an address can be what reverse DNS says. Lower case.
 * @param serviceHosts hosts of OAUTHBEARER's presigned URL. Lower case.
 * @param longestSession null for no limit besides the token's and the credentials' ends
 * @param acceptFractionalExpires whether {@code X-Amz-Expires=899.4} is good; MSK refuses it
 * @param idempotentWriteByWriteData whether WriteData on some topic is enough for an idempotent
 *     producer, as with Kafka's own ACLs since 2.8 (KIP-679), or WriteDataIdempotently is needed,
 *     as AWS documents
 * @param logAllowedAuthorizations whether the decision log has every request that was allowed, or
 *     the denied ones only
 * @param identitiesByAccessKey several may have one ARN: the credentials of a role's session are
 *     replaced in time
 */
record IamConfiguration(
    String region,
    ClusterArn cluster,
    Set<String> acceptedHosts,
    Set<String> serviceHosts,
    Duration clockOffset,
    Duration maxClockSkew,
    Duration longestSession,
    Duration shortestSession,
    int connectionsPerSecond,
    int maxConnections,
    boolean acceptFractionalExpires,
    boolean idempotentWriteByWriteData,
    boolean logAllowedAuthorizations,
    Map<String, Identity> identitiesByAccessKey,
    Map<String, List<PolicyStatement>> statementsByArn,
    Path decisionLogFile) {

  /** Null when no identity has it. */
  Identity identityOfAccessKey(String accessKeyId) {
    return identitiesByAccessKey.get(accessKeyId);
  }

  /** Null when no identity has the ARN, or none any more. */
  AccessEvaluator accessOf(String arn) {
    List<PolicyStatement> statements = statementsByArn.get(arn);
    return statements == null ? null : new AccessEvaluator(cluster, statements);
  }
}

/**
 * Makes an Apache Kafka 3.9 broker in KRaft mode verify Amazon MSK IAM, for tests: both SASL
 * mechanisms that MSK has on its IAM listener, the sessions, the quotas and the IAM policies,
 * against identities from a file.
 *
 * <h2>How it goes together</h2>
 *
 * <ul>
 *   <li>{@link tidewater.mskiam.MskIamServerCallbackHandler} is configured for both mechanisms. Its
 *       SASL servers read the client's message ({@code PresignedUrl} for OAUTHBEARER, {@code
 *       SignedPayload} for AWS_MSK_IAM) into one {@code PresignedRequest}, which {@code
 *       RequestVerifier} verifies. {@code AuthenticationExchange} does what is around that: quota,
 *       Connect, the session's length, the decision log.
 *   <li>{@link tidewater.mskiam.MskIamPrincipalBuilder} makes the principal, {@code IAM:<arn>}.
 *   <li>{@link tidewater.mskiam.MskIamAuthorizer} maps Kafka's operations to actions ({@code
 *       KafkaOperations}) and evaluates the policies ({@code AccessEvaluator}, {@code
 *       KafkaClusterAction}).
 *   <li>{@code IamConfigurationFile} is the file named by {@code tidewater.iam.config.file}, read
 *       again when it changes.
 * </ul>
 *
 * <h2>What is not obvious</h2>
 *
 * <ul>
 *   <li>Without the callback handler for OAUTHBEARER the broker would validate unsecured JWTs, and
 *       accept anyone's.
 *   <li>The authorizer has to be set for the controller as well: CreateTopics and the like are
 *       decided there. In a combined node one property does both.
 *   <li>One signature may authenticate several connections: AWS's clients reuse it, so there is no
 *       replay check.
 *   <li>Kafka names listeners and mechanisms in lower case within keys of properties.
 *   <li>A session ends with the token, the credentials or {@code sessionSeconds}. Kafka closes the
 *       connection at the first request after that, without an answer.
 *   <li>That a principal must not change on re-authentication is Kafka's own check, and MSK's text
 *       for it is Kafka's.
 * </ul>
 *
 * <h2>Where MSK's behaviour is not known</h2>
 *
 * MSK's threshold for "Session too short", and whether MSK insists on WriteDataIdempotently with
 * every version of Kafka. Policies with conditions, NotAction, NotResource, principals or variables
 * are refused when the file is read.
 */
package tidewater.mskiam;

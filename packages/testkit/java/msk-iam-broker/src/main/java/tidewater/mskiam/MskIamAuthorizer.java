package tidewater.mskiam;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.utils.SecurityUtils;
import org.apache.kafka.server.authorizer.AclCreateResult;
import org.apache.kafka.server.authorizer.AclDeleteResult;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;
import org.apache.kafka.server.authorizer.Authorizer;
import org.apache.kafka.server.authorizer.AuthorizerServerInfo;

/**
 * {@code authorizer.class.name} of broker and controller: allows IAM principals what their policies
 * allow, and the nodes themselves everything. Kafka's StandardAuthorizer can't stand in: its
 * patterns have no wildcard but at the end.
 */
public final class MskIamAuthorizer implements Authorizer {
  private IamBroker broker;
  private Set<String> nodeListeners = Set.of();

  @Override
  public void configure(Map<String, ?> configs) {
    broker = IamBroker.of(configs);
    Set<String> listeners = new HashSet<>();
    for (String name : text(configs, "controller.listener.names", "").split(","))
      listeners.add(name.trim());
    String interBrokerProtocol = text(configs, "security.inter.broker.protocol", "PLAINTEXT");
    listeners.add(text(configs, "inter.broker.listener.name", interBrokerProtocol).trim());
    nodeListeners = Set.copyOf(listeners);
  }

  @Override
  public Map<Endpoint, ? extends CompletionStage<Void>> start(AuthorizerServerInfo serverInfo) {
    Map<Endpoint, CompletionStage<Void>> ready = new HashMap<>();
    serverInfo
        .endpoints()
        .forEach(endpoint -> ready.put(endpoint, CompletableFuture.completedFuture(null)));
    return ready;
  }

  @Override
  public List<AuthorizationResult> authorize(
      AuthorizableRequestContext context, List<Action> actions) {
    List<AuthorizationResult> results = new ArrayList<>(actions.size());
    for (Action action : actions) {
      ResourceType type = action.resourcePattern().resourceType();
      Outcome outcome = decide(context, action.operation(), type, action.resourcePattern().name());
      // Kafka says what is a mere probe: whether one may create any topic, before it asks for the
      // topic at hand.
      if (outcome.allowed ? action.logIfAllowed() : action.logIfDenied()) log(context, outcome);
      results.add(result(outcome));
    }
    return results;
  }

  /**
   * Kafka 3.9 asks this for one thing: an idempotent producer without IDEMPOTENT_WRITE on the
   * cluster, which it lets pass when it may write to some topic (KIP-679). AWS documents that
   * WriteDataIdempotently is needed, so that is what decides here and what the log names, unless
   * the configuration says otherwise.
   */
  @Override
  public AuthorizationResult authorizeByResourceType(
      AuthorizableRequestContext context, AclOperation operation, ResourceType resourceType) {
    SecurityUtils.authorizeByResourceTypeCheckArgs(operation, resourceType);
    Outcome outcome = decideByType(context, operation, resourceType);
    log(context, outcome);
    return result(outcome);
  }

  /**
   * @param reason null for the nodes' own requests, which are not decisions about anybody
   */
  private record Outcome(boolean allowed, String action, String resource, String reason) {}

  private Outcome decide(
      AuthorizableRequestContext context, AclOperation operation, ResourceType type, String name) {
    if (isNode(context)) return new Outcome(true, operation.name(), name, null);
    KafkaClusterAction action = KafkaOperations.actionFor(type, operation);
    if (action == null) {
      return new Outcome(
          false,
          operation.name(),
          type + " " + name,
          "IAM has no action for this operation of Kafka's");
    }
    try {
      IamConfiguration configuration = broker.configuration();
      String resource = configuration.cluster().of(action.kind(), name);
      AccessEvaluator access = accessOf(context, configuration);
      if (access == null)
        return new Outcome(false, action.iamName(), resource, "no identity of the configuration");
      AccessEvaluator.Access decided = access.decide(action, name);
      return new Outcome(decided.allowed(), action.iamName(), resource, decided.reason());
    } catch (IamConfigurationException invalid) {
      return new Outcome(false, action.iamName(), type + " " + name, invalid.getMessage());
    }
  }

  private Outcome decideByType(
      AuthorizableRequestContext context, AclOperation operation, ResourceType type) {
    if (isNode(context)) return new Outcome(true, operation.name(), type.name(), null);
    KafkaClusterAction action = KafkaOperations.actionFor(type, operation);
    if (action == null) {
      return new Outcome(
          false, operation.name(), type.name(), "IAM has no action for this operation of Kafka's");
    }
    try {
      IamConfiguration configuration = broker.configuration();
      if (action == KafkaClusterAction.WRITE_DATA && !configuration.idempotentWriteByWriteData()) {
        return decide(context, AclOperation.IDEMPOTENT_WRITE, ResourceType.CLUSTER, "");
      }
      AccessEvaluator access = accessOf(context, configuration);
      if (access == null)
        return new Outcome(
            false, action.iamName(), type.name(), "no identity of the configuration");
      AccessEvaluator.Access decided = access.decideOnAny(action);
      return new Outcome(decided.allowed(), action.iamName(), decided.resource(), decided.reason());
    } catch (IamConfigurationException invalid) {
      return new Outcome(false, action.iamName(), type.name(), invalid.getMessage());
    }
  }

  // Requests that are forwarded to the controller come by its listener too, but with their client's
  // principal.
  private boolean isNode(AuthorizableRequestContext context) {
    return KafkaPrincipal.ANONYMOUS.equals(context.principal())
        && nodeListeners.contains(context.listenerName())
        && context.clientAddress().isLoopbackAddress();
  }

  private static AccessEvaluator accessOf(
      AuthorizableRequestContext context, IamConfiguration configuration) {
    KafkaPrincipal principal = context.principal();
    return MskIamPrincipalBuilder.PRINCIPAL_TYPE.equals(principal.getPrincipalType())
        ? configuration.accessOf(principal.getName())
        : null;
  }

  private void log(AuthorizableRequestContext context, Outcome outcome) {
    if (outcome.reason == null || outcome.allowed && !broker.logsAllowedAuthorizations()) return;
    KafkaPrincipal principal = context.principal();
    boolean isIam = MskIamPrincipalBuilder.PRINCIPAL_TYPE.equals(principal.getPrincipalType());
    broker.log(
        new Decision(
                broker.clock().instant(),
                Decision.Kind.AUTHORIZATION,
                outcome.allowed,
                outcome.reason)
            .with("principal", isIam ? principal.getName() : principal.toString())
            .with("clientId", context.clientId())
            .with("action", outcome.action)
            .with("resource", outcome.resource));
  }

  private static AuthorizationResult result(Outcome outcome) {
    return outcome.allowed ? AuthorizationResult.ALLOWED : AuthorizationResult.DENIED;
  }

  @Override
  public List<? extends CompletionStage<AclCreateResult>> createAcls(
      AuthorizableRequestContext context, List<AclBinding> bindings) {
    return bindings.stream()
        .map(binding -> CompletableFuture.completedFuture(new AclCreateResult(noAcls())))
        .toList();
  }

  @Override
  public List<? extends CompletionStage<AclDeleteResult>> deleteAcls(
      AuthorizableRequestContext context, List<AclBindingFilter> filters) {
    return filters.stream()
        .map(filter -> CompletableFuture.completedFuture(new AclDeleteResult(noAcls())))
        .toList();
  }

  @Override
  public Iterable<AclBinding> acls(AclBindingFilter filter) {
    return List.of();
  }

  @Override
  public void close() {}

  private static SecurityDisabledException noAcls() {
    return new SecurityDisabledException("IAM policies decide on this cluster. It has no ACLs.");
  }

  private static String text(Map<String, ?> configs, String key, String fallback) {
    Object value = configs.get(key);
    return value == null ? fallback : value.toString();
  }
}

package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tidewater.mskiam.ExampleConfiguration.CLUSTER;
import static tidewater.mskiam.ExampleConfiguration.TOPICS;
import static tidewater.mskiam.ExampleConfiguration.USER;
import static tidewater.mskiam.ExampleConfiguration.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizationResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MskIamAuthorizerTest {
  private static final KafkaPrincipal PRINCIPAL = new KafkaPrincipal("IAM", USER);
  private static final String WRITER =
      "{'Effect':'Allow','Action':'kafka-cluster:Connect','Resource':'"
          + CLUSTER
          + "'},{'Effect':'Allow','Action':['kafka-cluster:WriteData','kafka-cluster:DescribeTopic'],'Resource':'"
          + TOPICS
          + "demo'}";

  private static final AccessControlEntry ENTRY =
      new AccessControlEntry("User:x", "*", AclOperation.READ, AclPermissionType.ALLOW);

  @TempDir private Path folder;
  private TestBroker test;

  @Test
  void decidesByThePolicyOnWhicheverListenerTheRequestArrives() throws IOException {
    MskIamAuthorizer authorizer = authorizer(policy(0, WRITER));
    for (String listener : List.of("IAM", "CONTROLLER", "PLAINTEXT")) {
      assertTrue(
          allows(
              authorizer, context(PRINCIPAL, listener, "127.0.0.1"), AclOperation.WRITE, "demo"));
      assertFalse(
          allows(authorizer, context(PRINCIPAL, listener, "127.0.0.1"), AclOperation.READ, "demo"));
      assertFalse(
          allows(
              authorizer, context(PRINCIPAL, listener, "127.0.0.1"), AclOperation.WRITE, "other"));
    }
    JsonNode first = decisions().get(0);
    assertEquals("authorization", first.get("kind").textValue());
    assertEquals(USER, first.get("principal").textValue());
    assertEquals("client-1", first.get("clientId").textValue());
    assertEquals("kafka-cluster:WriteData", first.get("action").textValue());
    assertEquals(TOPICS + "demo", first.get("resource").textValue());
    assertEquals(
        "no statement allows kafka-cluster:ReadData on " + TOPICS + "demo",
        decisions().get(1).get("reason").textValue());
  }

  @Test
  void trustsTheNodesOnTheirListenersFromThisMachineOnly() throws IOException {
    MskIamAuthorizer authorizer = authorizer(json -> {});
    KafkaPrincipal anonymous = KafkaPrincipal.ANONYMOUS;
    assertTrue(
        allows(authorizer, context(anonymous, "CONTROLLER", "127.0.0.1"), AclOperation.WRITE, "x"));
    assertTrue(
        allows(authorizer, context(anonymous, "PLAINTEXT", "127.0.0.1"), AclOperation.WRITE, "x"));
    assertEquals(List.of(), decisions());
    assertFalse(
        allows(authorizer, context(anonymous, "CONTROLLER", "192.0.2.1"), AclOperation.WRITE, "x"));
    assertFalse(
        allows(authorizer, context(anonymous, "IAM", "127.0.0.1"), AclOperation.WRITE, "x"));
    KafkaPrincipal user = new KafkaPrincipal("User", USER);
    assertFalse(
        allows(authorizer, context(user, "CONTROLLER", "127.0.0.1"), AclOperation.WRITE, "x"));
    KafkaPrincipal gone = new KafkaPrincipal("IAM", USER + "-gone");
    assertFalse(allows(authorizer, context(gone, "IAM", "127.0.0.1"), AclOperation.WRITE, "x"));
    assertEquals(4, decisions().size());
  }

  @Test
  void deniesClientsWhatIsForNodes() throws IOException {
    MskIamAuthorizer authorizer = authorizer(json -> {});
    RequestContext context = context(PRINCIPAL, "IAM", "127.0.0.1");
    assertEquals(
        List.of(
            AuthorizationResult.DENIED, AuthorizationResult.DENIED, AuthorizationResult.ALLOWED),
        authorizer.authorize(
            context,
            List.of(
                action(AclOperation.CLUSTER_ACTION, ResourceType.CLUSTER, "kafka-cluster", true),
                action(AclOperation.CREATE, ResourceType.CLUSTER, "kafka-cluster", false),
                action(AclOperation.CREATE, ResourceType.TOPIC, "demo", true))));
    assertEquals(2, decisions().size(), "a probe is not logged");
  }

  @Test
  void anIdempotentProducerNeedsItsOwnActionUnlessToldOtherwise() throws IOException {
    RequestContext context = context(PRINCIPAL, "IAM", "127.0.0.1");
    MskIamAuthorizer strict = authorizer(policy(0, WRITER));
    assertEquals(
        AuthorizationResult.DENIED,
        strict.authorizeByResourceType(context, AclOperation.WRITE, ResourceType.TOPIC));
    assertEquals(
        "kafka-cluster:WriteDataIdempotently", decisions().get(0).get("action").textValue());
    assertEquals(CLUSTER, decisions().get(0).get("resource").textValue());
    MskIamAuthorizer lenient =
        authorizer(policy(0, WRITER).andThen(json -> json.put("idempotentWriteByWriteData", true)));
    assertEquals(
        AuthorizationResult.ALLOWED,
        lenient.authorizeByResourceType(context, AclOperation.WRITE, ResourceType.TOPIC));
    assertEquals(
        AuthorizationResult.DENIED,
        lenient.authorizeByResourceType(context, AclOperation.READ, ResourceType.TOPIC));
  }

  @Test
  void logsDenialsAloneWhenToldTo() throws IOException {
    MskIamAuthorizer authorizer =
        authorizer(policy(0, WRITER).andThen(json -> json.put("logAllowedAuthorizations", false)));
    RequestContext context = context(PRINCIPAL, "IAM", "127.0.0.1");
    allows(authorizer, context, AclOperation.WRITE, "demo");
    allows(authorizer, context, AclOperation.READ, "demo");
    assertEquals(1, decisions().size());
  }

  @Test
  void hasNoAcls() throws IOException, InterruptedException, ExecutionException {
    MskIamAuthorizer authorizer = authorizer(json -> {});
    RequestContext context = context(PRINCIPAL, "IAM", "127.0.0.1");
    assertTrue(
        authorizer
            .createAcls(context, List.of(new AclBinding(pattern(ResourceType.TOPIC, "x"), ENTRY)))
            .get(0)
            .toCompletableFuture()
            .get()
            .exception()
            .isPresent());
    assertTrue(
        authorizer
            .deleteAcls(context, List.of(AclBindingFilter.ANY))
            .get(0)
            .toCompletableFuture()
            .get()
            .exception()
            .isPresent());
    assertFalse(authorizer.acls(AclBindingFilter.ANY).iterator().hasNext());
  }

  @Test
  void writesPrincipalsAsKafkasOwnBuilderReadsThem() {
    byte[] written = new MskIamPrincipalBuilder().serialize(PRINCIPAL);
    assertEquals(PRINCIPAL, new DefaultKafkaPrincipalBuilder(null, null).deserialize(written));
    assertEquals(PRINCIPAL, new MskIamPrincipalBuilder().deserialize(written));
  }

  // Brokers are shared by the path of their configuration, so each gets a folder of its own.
  private MskIamAuthorizer authorizer(Consumer<ObjectNode> change) throws IOException {
    test = new TestBroker(Files.createTempDirectory(folder, "broker"), change);
    MskIamAuthorizer authorizer = new MskIamAuthorizer();
    authorizer.configure(
        Map.of(
            IamBroker.CONFIG_FILE,
            test.configFile.toString(),
            "controller.listener.names",
            "CONTROLLER"));
    return authorizer;
  }

  private List<JsonNode> decisions() {
    return test.decisions();
  }

  private static boolean allows(
      MskIamAuthorizer authorizer, RequestContext context, AclOperation operation, String topic) {
    return authorizer
        .authorize(context, List.of(action(operation, ResourceType.TOPIC, topic, true)))
        .equals(List.of(AuthorizationResult.ALLOWED));
  }

  private static Action action(
      AclOperation operation, ResourceType type, String name, boolean logIfDenied) {
    return new Action(operation, pattern(type, name), 1, true, logIfDenied);
  }

  private static ResourcePattern pattern(ResourceType type, String name) {
    return new ResourcePattern(type, name, PatternType.LITERAL);
  }

  private static RequestContext context(KafkaPrincipal principal, String listener, String address)
      throws IOException {
    return new RequestContext(
        new RequestHeader(ApiKeys.METADATA, (short) 1, "client-1", 1),
        "connection",
        InetAddress.getByName(address),
        principal,
        new ListenerName(listener),
        SecurityProtocol.SASL_SSL,
        ClientInformation.EMPTY,
        false);
  }
}

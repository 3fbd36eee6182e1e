package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static tidewater.mskiam.ExampleConfiguration.SIGNED_AT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PresignedMessagesTest {
  private static final String GOOD = ExampleConfiguration.presignedUrl("temporary");
  private static final IamConfiguration CONFIGURATION = ExampleConfiguration.parsed();

  @Test
  void takesAnEmptyPathAndASlashForTheSame() {
    String url = GOOD.replace(".com/?", ".com?");
    assertFalse(url.equals(GOOD));
    PresignedRequest request = PresignedUrl.parse(ExampleConfiguration.token(url));
    assertEquals(
        ExampleConfiguration.ROLE_SESSION,
        RequestVerifier.verify(request, CONFIGURATION.serviceHosts(), CONFIGURATION, SIGNED_AT)
            .identity()
            .arn());
  }

  @Test
  void readsTokensWithPaddingToo() {
    byte[] url = (GOOD + "&User-Agent=x").getBytes(StandardCharsets.UTF_8);
    for (int extra = 0; extra < 3; extra++) {
      byte[] longer =
          (new String(url, StandardCharsets.UTF_8) + "y".repeat(extra))
              .getBytes(StandardCharsets.UTF_8);
      assertEquals(
          "kafka.us-east-1.amazonaws.com",
          PresignedUrl.parse(Base64.getUrlEncoder().encodeToString(longer)).host());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://|http://|the token is not an https URL",
        "?Action|!Action|the token's URL has no query",
        ".com/?|.com/path?|the token's URL has a path",
        "&X-Amz-Expires=900|&X-Amz-Expires=900&X-Amz-Expires=900|the parameter 'X-Amz-Expires'"
            + " occurs twice",
        "&X-Amz-Expires=900|&X-Amz-Expires=900&x-amz-expires=1|the parameter 'x-amz-expires' is"
            + " unknown",
        "&X-Amz-Expires=900|&X-Amz-Expires=900&Admin=1|the parameter 'Admin' is unknown",
        "&X-Amz-Expires=900|''|X-Amz-Expires is missing",
        "&X-Amz-Expires=900|&X-Amz-Expires|a parameter of the token's URL has no value",
        "Expires=900|Expires=900%|a parameter is not percent-coded correctly",
        "Expires=900|Expires=900%4|a parameter is not percent-coded correctly",
        "Expires=900|Expires=%zz|a parameter is not percent-coded correctly",
        "Expires=900|Expires=%ff|a parameter is not UTF-8",
      })
  void refusesWhatIsNoPresignedUrl(String part, String changed, String reason) {
    String url = GOOD.replace(part, changed);
    Refusal refusal =
        assertThrows(Refusal.class, () -> PresignedUrl.parse(ExampleConfiguration.token(url)));
    assertEquals(reason, refusal.reason());
  }

  @Test
  void refusesATokenThatIsNotBase64() {
    Refusal refusal = assertThrows(Refusal.class, () -> PresignedUrl.parse("https://kafka"));
    assertEquals("the token is not base64url", refusal.reason());
  }

  @Test
  void quotesOnlySoMuchOfAClientsText() {
    String url = GOOD + "&" + "x".repeat(5000) + "=1";
    Refusal refusal =
        assertThrows(Refusal.class, () -> PresignedUrl.parse(ExampleConfiguration.token(url)));
    assertEquals("the parameter '" + "x".repeat(100) + "…' is unknown", refusal.reason());
  }

  @Test
  void readsThePayloadOfTheJavaClient() {
    PresignedRequest request = payload(json -> {});
    assertEquals("localhost", request.host());
    assertEquals(
        ExampleConfiguration.ROLE_SESSION,
        RequestVerifier.verify(request, CONFIGURATION.acceptedHosts(), CONFIGURATION, SIGNED_AT)
            .identity()
            .arn());
  }

  @Test
  void refusesWhatIsNoPayload() {
    assertPayloadRefused("the payload has no version", json -> json.remove("version"));
    assertPayloadRefused(
        "the payload's version is '2021_10_22', not 2020_10_22",
        json -> json.put("version", "2021_10_22"));
    assertPayloadRefused("the payload has no host", json -> json.remove("host"));
    assertPayloadRefused(
        "the payload's field 'x-amz-expires' is not a string",
        json -> json.put("x-amz-expires", 900));
    assertPayloadRefused("X-Amz-Signature is missing", json -> json.remove("x-amz-signature"));
    assertPayloadRefused(
        "the parameter 'x-amz-extra' is unknown", json -> json.put("x-amz-extra", "1"));
    assertPayloadRefused(
        "a field of the payload occurs twice", json -> json.put("X-Amz-Expires", "1"));
    assertRefused("the payload is not a JSON object", "[]");
    assertRefused(
        "the payload is not JSON, or a field occurs twice", "{\"host\":\"a\",\"host\":\"b\"}");
    assertRefused("the payload is not JSON, or a field occurs twice", "{} {}");
  }

  @Test
  void answersWithTheVersionAndTheRequestId() {
    assertEquals(
        "{\"version\":\"2020_10_22\",\"request-id\":\"id-1\"}",
        new String(SignedPayload.answer("id-1"), StandardCharsets.UTF_8));
  }

  @Test
  void keepsParametersOutOfItsText() {
    assertEquals("PresignedRequest(host=localhost)", payload(json -> {}).toString());
  }

  private static PresignedRequest payload(Consumer<ObjectNode> change) {
    ObjectNode payload = ExampleConfiguration.payload("brokerTemporary");
    change.accept(payload);
    return SignedPayload.parse(payload.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void assertPayloadRefused(String reason, Consumer<ObjectNode> change) {
    assertEquals(reason, assertThrows(Refusal.class, () -> payload(change)).reason());
  }

  private static void assertRefused(String reason, String message) {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    assertEquals(reason, assertThrows(Refusal.class, () -> SignedPayload.parse(bytes)).reason());
  }
}

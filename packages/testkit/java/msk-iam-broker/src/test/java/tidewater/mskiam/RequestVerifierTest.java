package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static tidewater.mskiam.ExampleConfiguration.SIGNED_AT;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestVerifierTest {
  private static final IamConfiguration CONFIGURATION = ExampleConfiguration.parsed();

  @Test
  void acceptsWhatBotocoreSigned() {
    RequestVerifier.Verified verified = verify("longTerm", SIGNED_AT);
    assertEquals(ExampleConfiguration.USER, verified.identity().arn());
    assertEquals(SIGNED_AT.plusSeconds(900), verified.tokenExpiresAt());
    assertEquals(
        ExampleConfiguration.ROLE_SESSION, verify("temporary", SIGNED_AT).identity().arn());
    assertEquals(SIGNED_AT.plusSeconds(1), verify("expires1", SIGNED_AT).tokenExpiresAt());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "wrongSecret     | the signature does not match: another secret, or the request was"
            + " changed",
        "otherRegion     | the region of X-Amz-Credential is 'eu-west-1', not 'us-east-1'",
        "otherService    | the service of X-Amz-Credential is 'kafka', not 'kafka-cluster'",
        "otherHost       | the host 'kafka.example.org' is not one of"
            + " [kafka.us-east-1.amazonaws.com]",
        "otherAction     | Action is 'kafka-cluster:DescribeTopic', not 'kafka-cluster:Connect'",
        "expires901      | X-Amz-Expires is 901, not within 1 and 900",
        "expires0        | X-Amz-Expires is 0, not within 1 and 900",
        "expiresNegative | X-Amz-Expires is '-5', not a whole number",
        "fractional      | X-Amz-Expires is '899.456', not a whole number",
        "unknownKey      | no identity has this access key",
        "tokenNotOurs    | the session token is not that of the access key",
        "tokenForLongTerm| a session token was sent for long-term credentials, which have none",
        "tokenMissing    | the session token of temporary credentials is missing",
      })
  void refusesEachTamperedRequest(String fixture, String reason) {
    assertRefused(reason, () -> verify(fixture, SIGNED_AT));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "X-Amz-Algorithm=AWS4-HMAC-SHA256|X-Amz-Algorithm=AWS4-HMAC-SHA1"
            + "|X-Amz-Algorithm is 'AWS4-HMAC-SHA1', not 'AWS4-HMAC-SHA256'",
        "SignedHeaders=host|SignedHeaders=host%3Bx-amz-date|X-Amz-SignedHeaders is"
            + " 'host;x-amz-date', not 'host'",
        "20201022%2Fus-east-1|20201023%2Fus-east-1"
            + "|the date of X-Amz-Credential is '20201023', not '20201022'",
        "aws4_request|aws5_request|the terminator of X-Amz-Credential is 'aws5_request', not"
            + " 'aws4_request'",
        "%2Faws4_request|''|X-Amz-Credential is not key/date/region/service/aws4_request",
        "20201022T134500Z|20201022T134560Z|X-Amz-Date '20201022T134560Z' is not like"
            + " 20201022T134500Z",
        "20201022T134500Z|20201022T134501Z"
            + "|the signature does not match: another secret, or the request was changed",
        "Expires=900|Expires=899|the signature does not match: another secret, or the request was"
            + " changed",
        "X-Amz-Signature=2|X-Amz-Signature=3"
            + "|the signature does not match: another secret, or the request was changed",
      })
  void refusesEachChangedParameter(String part, String changed, String reason) {
    String url = ExampleConfiguration.presignedUrl("longTerm").replace(part, changed);
    PresignedRequest request = PresignedUrl.parse(ExampleConfiguration.token(url));
    assertRefused(reason, () -> verify(request, CONFIGURATION, SIGNED_AT));
  }

  @Test
  void toleratesTheSkewButNoMoreInBothDirections() {
    assertEquals(
        ExampleConfiguration.USER,
        verify("longTerm", SIGNED_AT.minusSeconds(300)).identity().arn());
    assertRefused(
        "signed 301 s in the future; 300 s are tolerated",
        () -> verify("longTerm", SIGNED_AT.minusSeconds(301)));
    assertEquals(
        ExampleConfiguration.USER,
        verify("longTerm", SIGNED_AT.plusSeconds(1199)).identity().arn());
    assertRefused(
        "expired 300 s ago; 300 s are tolerated",
        () -> verify("longTerm", SIGNED_AT.plusSeconds(1200)));
  }

  @Test
  void acceptsAFractionalExpiryWhenToldTo() {
    IamConfiguration configuration =
        ExampleConfiguration.parsed(json -> json.put("acceptFractionalExpires", true));
    assertEquals(
        SIGNED_AT.plusMillis(899_456),
        verify(ExampleConfiguration.presigned("fractional"), configuration, SIGNED_AT)
            .tokenExpiresAt());
  }

  @Test
  void leavesTheUserAgentOutOfWhatIsSigned() {
    String url =
        ExampleConfiguration.presignedUrl("longTerm") + "&User-Agent=aws-msk-iam-sasl-signer%2F1";
    PresignedRequest request = PresignedUrl.parse(ExampleConfiguration.token(url));
    assertEquals(
        ExampleConfiguration.USER, verify(request, CONFIGURATION, SIGNED_AT).identity().arn());
  }

  private static RequestVerifier.Verified verify(String fixture, Instant now) {
    return verify(ExampleConfiguration.presigned(fixture), CONFIGURATION, now);
  }

  private static RequestVerifier.Verified verify(
      PresignedRequest request, IamConfiguration configuration, Instant now) {
    return RequestVerifier.verify(request, configuration.serviceHosts(), configuration, now);
  }

  private static void assertRefused(String reason, Executable attempt) {
    Refusal refusal = assertThrows(Refusal.class, attempt);
    assertEquals(reason, refusal.reason());
    assertEquals(Refusal.Answer.ACCESS_DENIED, refusal.answer());
  }
}

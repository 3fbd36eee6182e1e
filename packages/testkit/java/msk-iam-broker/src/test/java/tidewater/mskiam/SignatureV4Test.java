package tidewater.mskiam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SignatureV4Test {
  @Test
  void derivesTheSigningKeyThatAwsPublishes() {
    byte[] key =
        SignatureV4.signingKey(ExampleConfiguration.SECRET, "20150830/us-east-1/iam/aws4_request");
    assertEquals(
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9",
        HexFormat.of().formatHex(key));
  }

  @Test
  void signsThePresignedExampleThatAwsPublishes() {
    String scope = "20130524/us-east-1/s3/aws4_request";
    String stringToSign =
        "AWS4-HMAC-SHA256\n20130524T000000Z\n"
            + scope
            + "\n3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04";
    byte[] key = SignatureV4.signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope);
    assertEquals(
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        SignatureV4.signature(key, stringToSign));
  }

  @Test
  void hashesTheEmptyBodyAsAwsDoes() {
    assertEquals(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        SignatureV4.EMPTY_BODY_SHA256);
  }

  @Test
  void comparesWholeTexts() {
    assertTrue(SignatureV4.equalInConstantTime("abc", "abc"));
    assertFalse(SignatureV4.equalInConstantTime("abc", "ab"));
    assertFalse(SignatureV4.equalInConstantTime("abc", "abd"));
  }
}

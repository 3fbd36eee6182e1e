package tidewater.mskiam;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The arithmetic of AWS Signature Version 4. */
final class SignatureV4 {
  static final String ALGORITHM = "AWS4-HMAC-SHA256";
  static final String TERMINATOR = "aws4_request";
  static final String EMPTY_BODY_SHA256 = hex(sha256(new byte[0]));

  private SignatureV4() {}

  /**
   * @param dateTime as in X-Amz-Date
   */
  static String stringToSign(String dateTime, String scope, String canonicalRequest) {
    byte[] digest = sha256(canonicalRequest.getBytes(StandardCharsets.UTF_8));
    return ALGORITHM + "\n" + dateTime + "\n" + scope + "\n" + hex(digest);
  }

  /**
   * @param scope date/region/service/aws4_request
   */
  static byte[] signingKey(String secretAccessKey, String scope) {
    byte[] key = ("AWS4" + secretAccessKey).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) key = hmac(key, part);
    return key;
  }

  static String signature(byte[] signingKey, String stringToSign) {
    return hex(hmac(signingKey, stringToSign));
  }

  /** Takes as long for texts that differ early as for texts that differ late. */
  static boolean equalInConstantTime(String expected, String given) {
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException thrown) {
      throw new IllegalStateException("Every Java has HmacSHA256", thrown);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException thrown) {
      throw new IllegalStateException("Every Java has SHA-256", thrown);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}

package tidewater.mskiam;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Percent coding as Signature Version 4 has it: everything but RFC 3986's unreserved characters is
 * coded, in upper-case hexadecimal. {@link java.net.URLEncoder} and {@link java.net.URLDecoder}
 * speak HTML forms, where a space is a plus.
 */
final class PercentCoding {
  private static final String HEX_DIGITS = "0123456789ABCDEF";

  private PercentCoding() {}

  static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
      char character = (char) (octet & 0xff);
      if (isUnreserved(character)) {
        encoded.append(character);
      } else {
        encoded
            .append('%')
            .append(HEX_DIGITS.charAt((octet >> 4) & 0xf))
            .append(HEX_DIGITS.charAt(octet & 0xf));
      }
    }
    return encoded.toString();
  }

  /**
   * @throws Refusal when a percent sign is not followed by two hexadecimal digits, or the octets
   *     are not UTF-8
   */
  static String decode(String text) {
    ByteArrayOutputStream octets = new ByteArrayOutputStream(text.length());
    for (int index = 0; index < text.length(); index++) {
      char character = text.charAt(index);
      if (character != '%') {
        byte[] encoded = String.valueOf(character).getBytes(StandardCharsets.UTF_8);
        octets.write(encoded, 0, encoded.length);
        continue;
      }
      int high = index + 2 < text.length() ? Character.digit(text.charAt(index + 1), 16) : -1;
      int low = index + 2 < text.length() ? Character.digit(text.charAt(index + 2), 16) : -1;
      if (high < 0 || low < 0)
        throw Refusal.accessDenied("a parameter is not percent-coded correctly");
      octets.write(high << 4 | low);
      index += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(octets.toByteArray()))
          .toString();
    } catch (CharacterCodingException thrown) {
      throw Refusal.accessDenied("a parameter is not UTF-8");
    }
  }

  private static boolean isUnreserved(char character) {
    return character >= 'A' && character <= 'Z'
        || character >= 'a' && character <= 'z'
        || character >= '0' && character <= '9'
        || character == '-'
        || character == '.'
        || character == '_'
        || character == '~';
  }
}

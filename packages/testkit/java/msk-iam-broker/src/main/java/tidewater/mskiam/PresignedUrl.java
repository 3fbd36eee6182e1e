package tidewater.mskiam;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** OAUTHBEARER's token on MSK: base64url, padded or not, of a presigned URL. */
final class PresignedUrl {
  private static final String SCHEME = "https://";

  private PresignedUrl() {}

  /**
   * @throws Refusal when the token is no such URL
   */
  static PresignedRequest parse(String token) {
    String url = decodeToken(token);
    if (!url.startsWith(SCHEME)) throw Refusal.accessDenied("the token is not an https URL");
    int queryStart = url.indexOf('?');
    if (queryStart < 0) throw Refusal.accessDenied("the token's URL has no query");
    String address = url.substring(SCHEME.length(), queryStart);
    String host = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
    if (host.indexOf('/') >= 0) throw Refusal.accessDenied("the token's URL has a path");
    return new PresignedRequest(host, parseQuery(url.substring(queryStart + 1)));
  }

  private static String decodeToken(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException thrown) {
      throw Refusal.accessDenied("the token is not base64url");
    }
  }

  private static Map<String, String> parseQuery(String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String parameter : query.split("&", -1)) {
      int equalsSign = parameter.indexOf('=');
      if (equalsSign < 0) throw Refusal.accessDenied("a parameter of the token's URL has no value");
      String name = PercentCoding.decode(parameter.substring(0, equalsSign));
      String value = PercentCoding.decode(parameter.substring(equalsSign + 1));
      // Of two values one would be signed and the other one read.
      if (parameters.putIfAbsent(name, value) != null) {
        throw Refusal.accessDenied("the parameter " + Refusal.quote(name) + " occurs twice");
      }
    }
    return parameters;
  }
}

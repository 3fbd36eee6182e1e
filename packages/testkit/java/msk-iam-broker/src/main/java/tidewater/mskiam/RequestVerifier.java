package tidewater.mskiam;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Decides whether a presigned request was signed, for this cluster and for now, by an identity of
 * the configuration.
 */
final class RequestVerifier {
  static final String SERVICE = "kafka-cluster";
  static final String CONNECT = "kafka-cluster:Connect";
  static final int MAX_EXPIRES_SECONDS = 900;

  private static final DateTimeFormatter DATE_FORMAT =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withResolverStyle(ResolverStyle.STRICT);
  private static final Pattern WHOLE_SECONDS = Pattern.compile("[0-9]{1,9}");
  private static final Pattern FRACTIONAL_SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,20})?");

  private RequestVerifier() {}

  /**
   * @param tokenExpiresAt may have passed by less than the tolerated skew: the session's length
   *     decides then
   */
  record Verified(Identity identity, Instant tokenExpiresAt) {}

  /**
   * @throws Refusal with the first thing that is wrong
   */
  static Verified verify(
      PresignedRequest request, Set<String> hosts, IamConfiguration configuration, Instant now) {
    requireEqual(request, PresignedRequest.ALGORITHM, SignatureV4.ALGORITHM);
    requireEqual(request, PresignedRequest.ACTION, CONNECT);
    // A header that is signed but not sent can't be checked, and one that is sent but not signed
    // proves nothing.
    requireEqual(request, PresignedRequest.SIGNED_HEADERS, "host");
    if (!hosts.contains(request.host().toLowerCase(Locale.ROOT))) {
      throw Refusal.accessDenied(
          "the host " + Refusal.quote(request.host()) + " is not one of " + hosts);
    }
    Instant signedAt = parseDate(request.parameter(PresignedRequest.DATE));
    String scope = requireScope(request, configuration.region());
    Duration expires =
        parseExpires(
            request.parameter(PresignedRequest.EXPIRES), configuration.acceptFractionalExpires());
    Identity identity = configuration.identityOfAccessKey(request.accessKeyId());
    if (identity == null) throw Refusal.accessDenied("no identity has this access key");
    requireSessionToken(request.parameter(PresignedRequest.SECURITY_TOKEN), identity);
    requireSignature(request, scope, identity);
    return new Verified(
        identity, requireCurrent(signedAt, expires, configuration.maxClockSkew(), now));
  }

  private static void requireEqual(PresignedRequest request, String name, String expected) {
    String value = request.parameter(name);
    if (!expected.equals(value)) {
      throw Refusal.accessDenied(name + " is " + Refusal.quote(value) + ", not '" + expected + "'");
    }
  }

  private static Instant parseDate(String value) {
    try {
      return LocalDateTime.parse(value, DATE_FORMAT).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException thrown) {
      throw Refusal.accessDenied(
          "X-Amz-Date " + Refusal.quote(value) + " is not like 20201022T134500Z");
    }
  }

  private static String requireScope(PresignedRequest request, String region) {
    String[] parts = request.parameter(PresignedRequest.CREDENTIAL).split("/", -1);
    if (parts.length != 5) {
      throw Refusal.accessDenied(
          "X-Amz-Credential is not key/date/region/service/" + SignatureV4.TERMINATOR);
    }
    String day = request.parameter(PresignedRequest.DATE).substring(0, 8);
    requireScopePart("date", parts[1], day);
    requireScopePart("region", parts[2], region);
    requireScopePart("service", parts[3], SERVICE);
    requireScopePart("terminator", parts[4], SignatureV4.TERMINATOR);
    return String.join("/", day, region, SERVICE, SignatureV4.TERMINATOR);
  }

  private static void requireScopePart(String part, String value, String expected) {
    if (!expected.equals(value)) {
      throw Refusal.accessDenied(
          "the "
              + part
              + " of X-Amz-Credential is "
              + Refusal.quote(value)
              + ", not '"
              + expected
              + "'");
    }
  }

  private static Duration parseExpires(String value, boolean acceptFraction) {
    if (!(acceptFraction ? FRACTIONAL_SECONDS : WHOLE_SECONDS).matcher(value).matches()) {
      throw Refusal.accessDenied(
          "X-Amz-Expires is "
              + Refusal.quote(value)
              + ", not a "
              + (acceptFraction ? "" : "whole ")
              + "number");
    }
    Duration expires = Duration.ofMillis(new BigDecimal(value).movePointRight(3).longValue());
    if (expires.compareTo(Duration.ofSeconds(1)) < 0
        || expires.compareTo(Duration.ofSeconds(MAX_EXPIRES_SECONDS)) > 0) {
      throw Refusal.accessDenied(
          "X-Amz-Expires is " + value + ", not within 1 and " + MAX_EXPIRES_SECONDS);
    }
    return expires;
  }

  private static void requireSessionToken(String given, Identity identity) {
    String expected = identity.sessionToken();
    if (expected == null && given == null) return;
    if (expected == null) {
      throw Refusal.accessDenied(
          "a session token was sent for long-term credentials, which have none");
    }
    if (given == null)
      throw Refusal.accessDenied("the session token of temporary credentials is missing");
    if (!SignatureV4.equalInConstantTime(expected, given)) {
      throw Refusal.accessDenied("the session token is not that of the access key");
    }
  }

  private static void requireSignature(PresignedRequest request, String scope, Identity identity) {
    String stringToSign =
        SignatureV4.stringToSign(
            request.parameter(PresignedRequest.DATE),
            scope,
            request.canonicalRequest(SignatureV4.EMPTY_BODY_SHA256));
    String expected =
        SignatureV4.signature(
            SignatureV4.signingKey(identity.secretAccessKey(), scope), stringToSign);
    if (!SignatureV4.equalInConstantTime(expected, request.parameter(PresignedRequest.SIGNATURE))) {
      throw Refusal.accessDenied(
          "the signature does not match: another secret, or the request was changed");
    }
  }

  private static Instant requireCurrent(
      Instant signedAt, Duration expires, Duration skew, Instant now) {
    if (signedAt.isAfter(now.plus(skew))) {
      throw Refusal.accessDenied(
          "signed "
              + seconds(now, signedAt)
              + " s in the future; "
              + skew.toSeconds()
              + " s are tolerated");
    }
    Instant expiresAt = signedAt.plus(expires);
    if (!now.isBefore(expiresAt.plus(skew))) {
      throw Refusal.accessDenied(
          "expired "
              + seconds(expiresAt, now)
              + " s ago; "
              + skew.toSeconds()
              + " s are tolerated");
    }
    return expiresAt;
  }

  private static long seconds(Instant from, Instant to) {
    return Duration.between(from, to).toSeconds();
  }
}

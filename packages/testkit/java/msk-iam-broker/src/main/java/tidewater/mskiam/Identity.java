package tidewater.mskiam;

import java.time.Instant;
import java.util.List;

/**
 * A user, or a session of a role, and one set of its credentials.
 *
 * @param sessionToken null for long-term credentials
 * @param expiresAt null for credentials without an end
 */
record Identity(
    String arn,
    String accessKeyId,
    String secretAccessKey,
    String sessionToken,
    Instant expiresAt,
    List<PolicyStatement> statements) {

  /** Never the secret or the session token. */
  @Override
  public String toString() {
    return "Identity(" + arn + ", " + accessKeyId + ")";
  }
}

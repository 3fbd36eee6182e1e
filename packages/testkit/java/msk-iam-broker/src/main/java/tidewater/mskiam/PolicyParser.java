package tidewater.mskiam;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads IAM policy documents. What changes the meaning of a statement and is not evaluated here is
 * refused: a policy that passed because half of it was ignored would prove nothing.
 */
final class PolicyParser {
  private static final Set<String> VERSIONS = Set.of("2012-10-17", "2008-10-17");
  private static final Set<String> STATEMENT_FIELDS = Set.of("Sid", "Effect", "Action", "Resource");
  private static final Set<String> UNSUPPORTED =
      Set.of("Condition", "NotAction", "NotResource", "Principal", "NotPrincipal");

  private PolicyParser() {}

  /**
   * @throws IamConfigurationException naming the statement and what is wrong with it
   */
  static List<PolicyStatement> parse(JsonFields document) {
    document.allowOnly(Set.of("Version", "Id", "Statement"));
    document.optionalText("Id", null);
    String version = document.text("Version");
    if (!VERSIONS.contains(version)) {
      throw document.invalid("Version", Refusal.quote(version), "one of " + VERSIONS);
    }
    List<PolicyStatement> statements = new ArrayList<>();
    for (JsonFields statement : document.objectOrObjects("Statement"))
      statements.add(parseStatement(statement));
    return List.copyOf(statements);
  }

  private static PolicyStatement parseStatement(JsonFields statement) {
    for (String field : UNSUPPORTED) {
      if (statement.has(field)) {
        throw new IamConfigurationException(
            describe(statement)
                + ": "
                + field
                + " is not evaluated by this broker. Write the statement without it.");
      }
    }
    statement.allowOnly(STATEMENT_FIELDS);
    String effect = statement.text("Effect");
    if (!effect.equals("Allow") && !effect.equals("Deny")) {
      throw statement.invalid("Effect", Refusal.quote(effect), "Allow or Deny");
    }
    List<WildcardPattern> actions = new ArrayList<>();
    for (String action : statement.textOrTexts("Action")) {
      if (!action.equals("*") && !action.matches("[A-Za-z0-9-]+:[A-Za-z0-9*?]+")) {
        throw statement.invalid("Action", Refusal.quote(action), "'*' or <service>:<action>");
      }
      actions.add(new WildcardPattern(action.toLowerCase(Locale.ROOT)));
    }
    List<WildcardPattern> resources = new ArrayList<>();
    for (String resource : statement.textOrTexts("Resource")) {
      if (resource.contains("${")) {
        throw statement.invalid(
            "Resource", Refusal.quote(resource), "an ARN without policy variables");
      }
      if (!resource.equals("*") && !resource.startsWith("arn:")) {
        throw statement.invalid("Resource", Refusal.quote(resource), "'*' or an ARN");
      }
      resources.add(new WildcardPattern(resource));
    }
    return new PolicyStatement(describe(statement), effect.equals("Allow"), actions, resources);
  }

  private static String describe(JsonFields statement) {
    String sid = statement.optionalText("Sid", null);
    return sid == null ? statement.place() : statement.place() + " (Sid " + sid + ")";
  }
}

package tidewater.mskiam;

/**
 * An authentication that is refused. The client sees the {@link Answer} alone, as on MSK: whoever
 * is refused must not learn from the broker how close the guess was. The reason goes to the
 * decision log.
 */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int QUOTED_CHARACTERS = 100;

  /** The texts of MSK, which clients match on. */
  enum Answer {
    ACCESS_DENIED("Access denied"),
    SESSION_TOO_SHORT("Session too short"),
    TOO_MANY_CONNECTS("Too many connects");

    private final String text;

    Answer(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  private final Answer answer;

  Refusal(Answer answer, String reason) {
    super(reason, null, false, false);
    this.answer = answer;
  }

  static Refusal accessDenied(String reason) {
    return new Refusal(Answer.ACCESS_DENIED, reason);
  }

  Answer answer() {
    return answer;
  }

  String reason() {
    return getMessage();
  }

  /** A client's text within a reason: bounded, so that a client can't fill the decision log. */
  static String quote(String text) {
    return text.length() <= QUOTED_CHARACTERS
        ? "'" + text + "'"
        : "'" + text.substring(0, QUOTED_CHARACTERS) + "…'";
  }
}

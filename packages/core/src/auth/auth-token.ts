/**
 * A signed token. Its text is behind a getter of the class, so that no logger, `util.inspect` or `JSON.stringify` shows
 * it by accident: whoever has it is the principal until it expires.
 */
export class AuthToken {
  readonly #value: string

  constructor(
    value: string,
    /** Milliseconds since the epoch. */
    readonly expiresAtMs: number,
  ) {
    this.#value = value
  }

  /** The text that goes to the broker (SASL OAUTHBEARER). */
  get value(): string {
    return this.#value
  }
}

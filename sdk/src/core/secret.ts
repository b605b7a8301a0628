const REDACTED = "[redacted]";

/**
 * Holds a token so that neither `JSON.stringify`, `String()` nor Node's `inspect` shows it.
 *
 * Stores that must write it down call {@link Secret.reveal}.
 */
export class Secret {
  readonly #value: string;

  /** @param value the text to protect */
  constructor(value: string) {
    this.#value = value;
  }

  /** Hand out the text. */
  reveal(): string {
    return this.#value;
  }

  /** Answer with a placeholder. */
  toString(): string {
    return REDACTED;
  }

  /** Answer with a placeholder. */
  toJSON(): string {
    return REDACTED;
  }

  /** Answer with a placeholder, for Node's `util.inspect` and `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}

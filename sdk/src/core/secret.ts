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
    return "[redacted]";
  }

  /** Answer with a placeholder. What else prints objects, such as Node's `util.inspect`, cannot see the text. */
  toJSON(): string {
    return this.toString();
  }
}

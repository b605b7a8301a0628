import { LazyHeaders } from "./lazy-headers.ts";

/** A name that needs no conversion. */
const PLAIN_NAME = /^[a-z-]+$/;
/** A value that needs no conversion: such Headers would neither trim nor refuse. */
const PLAIN_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * The header of a request in the form of `Headers`, over a plain object: to look up, set and delete plain fields, as the
 * session does with its token, no true `Headers` are made.
 */
export class RequestHeaders extends LazyHeaders {
  readonly #fields: Record<string, string>;
  #headers: Headers | undefined;

  /** @param fields plain ones; they are changed */
  constructor(fields: Record<string, string>) {
    super();
    this.#fields = fields;
  }

  /** The same as true Headers, which from now on are what is read and changed. */
  toHeaders(): Headers {
    this.#headers ??= new Headers(this.#fields);
    return this.#headers;
  }

  override get(name: string): string | null {
    return this.#isPlain(name) ? (this.#valueOf(name) ?? null) : this.toHeaders().get(name);
  }

  override has(name: string): boolean {
    return this.#isPlain(name) ? this.#valueOf(name) !== undefined : this.toHeaders().has(name);
  }

  override set(name: string, value: string): void {
    if (this.#isPlain(name) && typeof value === "string" && PLAIN_VALUE.test(value)) {
      this.#fields[name] = value;
    } else {
      this.toHeaders().set(name, value);
    }
  }

  override delete(name: string): void {
    if (this.#isPlain(name)) {
      delete this.#fields[name];
    } else {
      this.toHeaders().delete(name);
    }
  }

  #valueOf(name: string): string | undefined {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  #isPlain(name: string): boolean {
    return this.#headers === undefined && PLAIN_NAME.test(name);
  }

  /** The fields as long as no true `Headers` were made of them. */
  get plainFields(): Readonly<Record<string, string>> | undefined {
    return this.#headers === undefined ? this.#fields : undefined;
  }
}

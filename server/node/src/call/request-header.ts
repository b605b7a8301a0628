import type { IncomingHttpHeaders } from "node:http";
import { LazyHeaders } from "./lazy-headers.ts";

/** What {@link RequestHeader} does itself. */
type OwnMembers = "get" | "has" | "delete" | "forEach";

/** In Node's types these are properties, which no method of a class may stand for. */
const OtherMembers = LazyHeaders as new () => Omit<Headers, OwnMembers>;

/**
 * The header of a request in the form of `Headers`, over the object that Node has made of it. Most calls only ever
 * look up one field: copying all of them would cost more than the whole gate.
 *
 * It saves true `Headers` on calls that read a few fields (bench `unary`, side `countersign-cpu`). It costs a second reading
 * of the rules of `Headers`, which test/node/call holds against the first.
 *
 * A class: one is made for every call, and closures over its state would cost more than the state.
 */
export class RequestHeader extends OtherMembers implements Headers {
  readonly #fields: IncomingHttpHeaders;
  #headers: Headers | undefined;
  /** The only change that is made to most: the gate takes the token away. */
  #deleted = "";

  constructor(fields: IncomingHttpHeaders) {
    super();
    this.#fields = fields;
  }

  /** The same as true Headers, which from now on are what is read and changed. */
  toHeaders(): Headers {
    this.#headers ??= this.#copy();
    return this.#headers;
  }

  get(name: string): string | null {
    if (this.#headers !== undefined) {
      return this.#headers.get(name);
    }
    const value = this.#fields[name.toLowerCase()];
    if (value === undefined && TOKEN.test(name)) {
      return null;
    }
    if (typeof value !== "string" || isPadded(value) || name.startsWith(":")) {
      return this.toHeaders().get(name);
    }
    return name.toLowerCase() === this.#deleted ? null : value;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  delete(name: string): void {
    if (this.#headers === undefined && this.#deleted === "" && TOKEN.test(name)) {
      this.#deleted = name.toLowerCase();
      return;
    }
    this.toHeaders().delete(name);
  }

  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this.toHeaders()) {
      callback.call(thisArg, value, name, this);
    }
  }

  #copy(): Headers {
    const headers = new Headers();
    for (const [name, value] of Object.entries(this.#fields)) {
      if (name.startsWith(":") || name === this.#deleted || value === undefined) {
        continue;
      }
      for (const one of Array.isArray(value) ? value : [value]) {
        headers.append(name, one);
      }
    }
    return headers;
  }
}

/** A name of a field (RFC 9110 §5.1). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers would take white space away from the ends of a value. */
function isPadded(value: string): boolean {
  return value.charCodeAt(0) <= 0x20 || value.charCodeAt(value.length - 1) <= 0x20;
}

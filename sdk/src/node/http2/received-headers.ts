import type { IncomingHttpHeaders } from "node:http2";
import { LazyHeaders } from "./lazy-headers.ts";

/**
 * The header or trailer of an answer in the form of `Headers`, which are made when the first one reads them: most calls
 * read none.
 */
export class ReceivedHeaders extends LazyHeaders {
  #fields: IncomingHttpHeaders | undefined;
  #headers: Headers | undefined;

  /** @param fields absent: they have not arrived yet */
  constructor(fields?: IncomingHttpHeaders) {
    super();
    this.#fields = fields;
  }

  /** Note what has arrived. */
  receive(fields: IncomingHttpHeaders | undefined): void {
    this.#fields = fields;
    if (this.#headers !== undefined) {
      appendFields(this.#headers, fields);
    }
  }

  /** The same as true Headers, which from now on are what is read and changed. */
  toHeaders(): Headers {
    this.#headers ??= appendFields(new Headers(), this.#fields);
    return this.#headers;
  }

  override get(name: string): string | null {
    return this.toHeaders().get(name);
  }

  override has(name: string): boolean {
    return this.toHeaders().has(name);
  }
}

function appendFields(headers: Headers, fields: IncomingHttpHeaders = {}): Headers {
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(":") || value === undefined) {
      continue;
    }
    for (const one of Array.isArray(value) ? value : [value]) {
      headers.append(name, String(one));
    }
  }
  return headers;
}

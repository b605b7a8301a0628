import { DocumentError } from "./document-error.ts";

/** Header fields: by their names, as a `Headers` object, or as a list of pairs of name and value. */
type HeaderFields = Readonly<Record<string, string>> | Headers | readonly (readonly [string, string])[];

/** Header fields, or a function that makes them for each request. */
export type HeaderSource = HeaderFields | (() => HeaderFields | Promise<HeaderFields>);

/**
 * Make the header of a request for a document.
 *
 * @throws DocumentError when the fields cannot be made. What they hold is not repeated: it may be a secret
 */
export async function makeHeaders(url: URL, source: HeaderSource = {}): Promise<Headers> {
  const fields = await readFields(url, source);
  if (!areHeaders(fields)) {
    throw new DocumentError(url, "was not asked: what headers returned are no header fields");
  }
  const headers = new Headers({ accept: "application/json" });
  for (const [name, value] of toPairs(fields)) {
    headers.set(name, value);
  }
  return headers;
}

/** Check whether values can be sent as header fields. */
export function areHeaders(fields: unknown): fields is HeaderFields {
  return toPairs(fields)?.every(isField) === true;
}

/** @returns undefined for what has its fields elsewhere, such as a Map: they would be left out without a word */
function toPairs(fields: HeaderFields): readonly (readonly [string, string])[];
function toPairs(fields: unknown): readonly unknown[] | undefined;
function toPairs(fields: unknown): readonly unknown[] | undefined {
  if (typeof fields !== "object" || fields === null) {
    return undefined;
  }
  if (Array.isArray(fields) || fields instanceof Headers) {
    return [...fields];
  }
  return Symbol.iterator in fields ? undefined : Object.entries(fields);
}

function isField(pair: unknown): boolean {
  const [name, value, ...others]: readonly unknown[] = Array.isArray(pair) ? pair : [];
  if (typeof name !== "string" || typeof value !== "string" || others.length > 0) {
    return false;
  }
  try {
    new Headers().set(name, value);
    return true;
  } catch {
    return false;
  }
}

async function readFields(url: URL, source: HeaderSource): Promise<unknown> {
  if (typeof source !== "function") {
    return source;
  }
  try {
    return await source();
  } catch (cause) {
    throw new DocumentError(url, "was not asked: headers has thrown an error", { cause });
  }
}

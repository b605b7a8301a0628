import { DocumentError } from "./document-error.ts";

/** Header fields by name, or a function that makes them for each request. */
export type HeaderSource =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

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
  for (const [name, value] of Object.entries(fields)) {
    headers.set(name, value);
  }
  return headers;
}

/** Check whether values can be sent as header fields. */
export function areHeaders(fields: unknown): fields is Readonly<Record<string, string>> {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return false;
  }
  const entries: readonly (readonly [string, unknown])[] = Object.entries(fields);
  return entries.every(([name, value]) => {
    try {
      new Headers().set(name, typeof value === "string" ? value : "\n");
      return typeof value === "string";
    } catch {
      return false;
    }
  });
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

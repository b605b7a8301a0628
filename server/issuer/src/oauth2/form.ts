import type { HttpRequest } from "@countersign/node";
import { createArrivals, packParts, toArriving } from "@countersign/node/internal";
import { OAuthError } from "./oauth-error.ts";

/** The parameters of an OAuth request. One without a value is as if it were not there (RFC 6749 §3.2). */
export interface Form {
  /** Read a parameter; undefined when it is absent. */
  get(name: string): string | undefined;
  /** Read a parameter that may stand more than once. */
  getAll(name: string): readonly string[];
  /** Read a parameter. @throws OAuthError `invalid_request` when it is absent */
  need(name: string): string;
}

/** Room for two tokens and an assertion. */
const MAX_BODY_BYTES = 64 * 1024;

const MAX_PARAMETERS = 64;

/** How long a form may take to arrive, in milliseconds. */
const ARRIVAL_TIMEOUT_MS = 10_000;

const arrivals = createArrivals(ARRIVAL_TIMEOUT_MS);

/** The parameters that may stand more than once (RFC 8693 §2.1, RFC 8707 §2). */
const REPEATABLE: ReadonlySet<string> = new Set(["resource", "audience"]);

/**
 * Read the parameters of a request out of its body, and nowhere else: a query gets into logs.
 *
 * @throws OAuthError `invalid_request` when the body is no form, too large, or has a parameter twice
 */
export async function readForm(req: HttpRequest): Promise<Form> {
  const [type = ""] = (req.headers["content-type"] ?? "").split(";", 1);
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded");
  }
  const values = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(await readText(req))) {
    const known = values.get(name);
    count += 1;
    if (count > MAX_PARAMETERS || (known !== undefined && !REPEATABLE.has(name))) {
      throw new OAuthError("invalid_request", "a parameter stands more than once, or there are too many");
    }
    values.set(name, [...(known ?? []), value]);
  }
  return toForm(values);
}

function toForm(values: ReadonlyMap<string, readonly string[]>): Form {
  const getAll = (name: string): readonly string[] => (values.get(name) ?? []).filter((text) => text !== "");
  const get = (name: string): string | undefined => getAll(name)[0];
  return {
    get,
    getAll,
    need(name) {
      const value = get(name);
      if (value === undefined) {
        throw new OAuthError("invalid_request", `the parameter ${name} is missing`);
      }
      return value;
    },
  };
}

async function readText(req: HttpRequest): Promise<string> {
  const arriving = toArriving(req);
  arrivals.add(arriving);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // The iterator must not destroy the request when reading stops: that would cut off the answer.
    const body: AsyncIterable<Buffer> = req.iterator({ destroyOnReturn: false });
    for await (const chunk of packParts(body)) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        throw new OAuthError("invalid_request", "the body is too large", { status: 413 });
      }
      chunks.push(chunk);
    }
  } finally {
    arrivals.delete(arriving);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new OAuthError("invalid_request", "the body is not UTF-8");
  }
}

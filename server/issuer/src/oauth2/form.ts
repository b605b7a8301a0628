import { type BodyLimits, DEFAULT_LIMITS, FORM_TYPE, readText } from "@countersign/server/internal";
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

const { maxFormBytes, maxParameters, formTimeoutMs } = DEFAULT_LIMITS.forms;

/** The parameters that may stand more than once (RFC 8693 §2.1, RFC 8707 §2). */
const REPEATABLE: ReadonlySet<string> = new Set(["resource", "audience"]);

/** What forms are read with. */
export type FormReading = Pick<BodyLimits, "clock" | "budget" | "peer">;

/**
 * Read the parameters of a request out of its body, and nowhere else: a query gets into logs.
 *
 * @param reading measures how long the body takes to arrive, and counts its bytes with those of others
 * @throws OAuthError `invalid_request` when the body is no form, too large, or has a parameter twice
 */
export async function readForm(request: Request, reading: FormReading): Promise<Form> {
  if (!FORM_TYPE.test(request.headers.get("content-type") ?? "")) {
    throw new OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded");
  }
  const values = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(await readFormText(request, reading))) {
    const known = values.get(name);
    count += 1;
    if (count > maxParameters || (known !== undefined && !REPEATABLE.has(name))) {
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

async function readFormText(request: Request, reading: FormReading): Promise<string> {
  const read = await readText(request, { maxBytes: maxFormBytes, timeoutMs: formTimeoutMs, ...reading });
  if (read.kind === "text") {
    return read.text;
  }
  const { message, status, retryAfterSeconds } = read;
  throw retryAfterSeconds === undefined
    ? new OAuthError("invalid_request", message, { status })
    : new OAuthError("temporarily_unavailable", message, {
        status,
        headers: { "retry-after": String(retryAfterSeconds) },
      });
}

import { DEFAULT_LIMITS } from "@countersign/server/internal";
import { OAuthError } from "./oauth-error.ts";
import { type BodyLimits, type ReadBody, readBody } from "./read-body.ts";

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

/** What is said of a body that cannot be had. */
const FAULTS = {
  "too large": { message: "the body is too large", status: 413 },
  "too late": { message: "the body did not arrive in time", status: 408 },
  "given up": { message: "too many bytes wait for the rest of their form", status: 429 },
  "broken off": { message: "the body ended too early", status: 400 },
} satisfies Record<Exclude<ReadBody["kind"], "whole">, object>;

/** With a comma the field stood twice: a proxy in front may have read the other one. */
const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(;[^,]*)?$/i;

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
  for (const [name, value] of new URLSearchParams(await readText(request, reading))) {
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

async function readText(request: Request, reading: FormReading): Promise<string> {
  const body = await readBody(request.body, {
    maxBytes: maxFormBytes,
    timeoutMs: formTimeoutMs,
    ...reading,
  });
  if (body.kind !== "whole") {
    const { message, status } = FAULTS[body.kind];
    throw body.kind === "given up"
      ? new OAuthError("temporarily_unavailable", message, { status, headers: { "retry-after": "1" } })
      : new OAuthError("invalid_request", message, { status });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body.bytes);
  } catch {
    throw new OAuthError("invalid_request", "the body is not UTF-8");
  }
}

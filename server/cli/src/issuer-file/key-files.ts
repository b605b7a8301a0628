import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createFetch } from "@countersign/node";
import { CommandError } from "../usage-error.ts";

/** A token is at most as long as a server takes it in a header. */
const MAX_TOKEN_CHARS = 16 * 1024;

/** What a token may be made of: `b64token` of RFC 6750 §2.1. */
const IS_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** How keys are asked for, as the file says. */
export interface FetchSettings {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly bearerTokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** How keys are asked for, as the gate takes it. */
export interface FetchParts {
  readonly headers?: Readonly<Record<string, string>> | (() => Promise<Readonly<Record<string, string>>>);
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Read a secret that an issuer shares with this server. A line end at its end does not count: editors put one there.
 *
 * @throws CommandError when the file cannot be read; what stands in it is not repeated
 */
export async function readSharedSecret(path: string): Promise<Uint8Array> {
  const bytes = await read(path, "sharedSecretFile");
  const text = bytes.toString("latin1");
  return bytes.subarray(0, text.replace(/\r?\n$/, "").length);
}

/** Text that comes as it was sent, as a header field too: without white space at its ends, and without controls. */
const IS_TEXT = /^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/;

/**
 * Read a secret that is text, such as that of a client. White space around it does not count.
 *
 * @throws CommandError when the file cannot be read, or has not in it what it should; what stands in it is not repeated
 */
export async function readSecretText(path: string, member: string): Promise<string> {
  const text = (await read(path, member)).toString("latin1").trim();
  if (!IS_TEXT.test(text)) {
    throw new CommandError(`${member} ${path} must have one line of text in it, and nothing else`);
  }
  return text;
}

/**
 * Make what keys are asked for with. The certificates are read now, the token anew for each request: such tokens are
 * replaced while a server runs.
 *
 * @throws CommandError when a file cannot be read, or has not in it what it should
 */
export async function createFetchParts({
  headers,
  bearerTokenFile,
  caFile,
}: FetchSettings): Promise<FetchParts> {
  const made = bearerTokenFile === undefined ? headers : await createBearerHeaders(bearerTokenFile, headers);
  return {
    ...(made === undefined ? {} : { headers: made }),
    ...(caFile === undefined ? {} : { fetch: await createTrustingFetch(caFile) }),
  };
}

async function createTrustingFetch(path: string): Promise<typeof globalThis.fetch> {
  const ca = await read(path, "caFile");
  try {
    return createFetch({ ca });
  } catch (cause) {
    throw new CommandError(`caFile ${path} has no certificate in PEM`, { cause });
  }
}

async function createBearerHeaders(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<() => Promise<Readonly<Record<string, string>>>> {
  if (Object.keys(headers).some((name) => name.toLowerCase() === "authorization")) {
    throw new CommandError("headers has authorization, and bearerTokenFile is for the same header");
  }
  const makeHeaders = async (): Promise<Readonly<Record<string, string>>> => {
    const token = (await read(path, "bearerTokenFile")).toString("utf8").trim();
    if (token.length > MAX_TOKEN_CHARS || !IS_TOKEN.test(token)) {
      throw new CommandError(`bearerTokenFile ${path} must have a token in it, and nothing else`);
    }
    return { ...headers, authorization: `Bearer ${token}` };
  };
  await makeHeaders();
  return makeHeaders;
}

/** Find a file that another names: relative to that one. */
export function besideFile(file: string, path: string): string {
  return resolve(file, "..", path);
}

async function read(path: string, member: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new CommandError(`${member} ${path} ${isMissing ? "does not exist" : "cannot be read"}`, { cause });
  }
}

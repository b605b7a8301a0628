import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { parseAuthorization, parseBare, schemeOf } from "../authenticate/authorization.ts";
import { createTokenTooLongError } from "../authenticate/token-size.ts";
import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { repeatsHeader } from "./node-request.ts";

/** The name of the parameter by which RFC 6750 §2.3 lets a token be sent in a URL. */
const QUERY_PARAMETER = "access_token";

/** The header that tokens are sent in by default ([RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)). */
export const AUTHORIZATION = "authorization";

/** Stands for a header that was sent beside another one that may hold a token too. */
export const TWO_TOKENS: unique symbol = Symbol("two tokens");

/** The value of the header that holds the token; null when it was not sent. */
export type SentToken = string | null | typeof TWO_TOKENS;

/** The header that holds the proof of the sender's key ([RFC 9449 §4.1](https://www.rfc-editor.org/rfc/rfc9449#section-4.1)). */
export const DPOP = "dpop";

/** Reads the tokens of calls. */
export interface TokenReader {
  /** The name of the header that it reads, in lower case. */
  readonly header: string;
  /**
   * Read the token of a call.
   *
   * @param values those of the context
   * @param sent what was sent
   * @returns the token; undefined when none was sent
   * @throws AuthError `TOKEN_INVALID` when there are two, or the header is not one token of a length that is taken
   */
  read(context: Pick<HandlerContext, "url">, values: ContextValues, sent: SentToken): string | undefined;
  /** Check whether a token was sent with a proof. A call without one never asks for the header of the proof. */
  hasProof(sent: SentToken): boolean;
}

/** What {@link createTokenReader} needs. */
interface TokenReaderOptions {
  /** The header that holds the token, in lower case. */
  readonly header: string;
  /** The longest token that is taken. */
  readonly maxTokenBytes: number;
}

/**
 * Create what reads the token of a call from one header, and from nowhere else: from Authorization, as a bearer token
 * ([RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750#section-2)) or one with a proof, or from another one, as it is. A token in the URL is
 * as if it were not there, unless another is sent properly: then the two contend.
 */
export function createTokenReader({ header, maxTokenBytes }: TokenReaderOptions): TokenReader {
  const parse = header === AUTHORIZATION ? parseAuthorization : parseBare;
  return {
    header,
    read(context, values, sent) {
      if (sent === TWO_TOKENS) {
        throw refuseSecond(header, `one, and one ${AUTHORIZATION}`);
      }
      const parsed = parse(sent, maxTokenBytes);
      if (parsed.kind === "none") {
        return undefined;
      }
      if (repeatsHeader(values, header)) {
        throw refuseSecond(header, "more than one");
      }
      if (hasQueryToken(context.url)) {
        throw refuseSecond(header, `one, and ${QUERY_PARAMETER} in the URL`);
      }
      if (parsed.kind === "too_long") {
        throw createTokenTooLongError(parsed.bytes, maxTokenBytes);
      }
      if (parsed.kind === "malformed") {
        throw refuseForm(header, parsed.found);
      }
      return parsed.token;
    },
    hasProof: (sent) => header === AUTHORIZATION && typeof sent === "string" && schemeOf(sent) === "DPoP",
  };
}

/** Write a token as the field that a reader takes, and the proof that goes with it, if there is one. */
export function toTokenFields(
  header: string,
  token: string,
  proof?: string,
): Readonly<Record<string, string>> {
  if (header !== AUTHORIZATION) {
    return { [header]: token };
  }
  return proof === undefined ? { [header]: `Bearer ${token}` } : { [header]: `DPoP ${token}`, [DPOP]: proof };
}

function refuseForm(header: string, got: string): AuthError {
  const isBearer = header === AUTHORIZATION;
  const rule = isBearer
    ? "the authorization header is not one token with a scheme"
    : `the header ${header} is not one token`;
  const expected = isBearer ? "Bearer or DPoP, a space and the token" : "the token, and nothing else";
  return createRefusal("TOKEN_INVALID", rule, { facts: { check: "token_form", expected, got } });
}

function refuseSecond(header: string, got: string): AuthError {
  return createRefusal("TOKEN_INVALID", "the token was sent in more than one way", {
    metadata: { error: "invalid_request" },
    facts: { check: "token_source", expected: `one header ${header}`, got },
  });
}

/** Parse a URL only when its text makes it worth it: the name may be written with percent signs too. */
function hasQueryToken(url: string): boolean {
  return (
    (url.includes(QUERY_PARAMETER) || url.includes("%")) && new URL(url).searchParams.has(QUERY_PARAMETER)
  );
}

import { AUTHORIZATION, DPOP, type SentToken, type TokenReader, TWO_TOKENS } from "./read-token.ts";

/** What is taken away from the header of a call before handlers see it. */
export interface TakeOptions {
  /** Reads the tokens of calls. */
  readonly readToken: TokenReader;
  /** Whether handlers may see the header that holds the token, and that of its proof. */
  readonly forwardToken: boolean;
  /** The header that a proxy sends certificates in; undefined: none does. */
  readonly certificateHeader: string | undefined;
}

/** Take the token away, and with it what may be another one. */
export function takeToken(options: TakeOptions, requestHeader: Headers): SentToken {
  const { forwardToken, readToken, certificateHeader } = options;
  const { header } = readToken;
  if (certificateHeader !== undefined) {
    // A client may have written it: handlers read certificates by `certificateOf`, which looks at who has sent them.
    requestHeader.delete(certificateHeader);
  }
  const sent = requestHeader.get(header);
  if (sent !== null && !forwardToken) {
    requestHeader.delete(header);
  }
  if (header === AUTHORIZATION || !requestHeader.has(AUTHORIZATION)) {
    return sent;
  }
  if (!forwardToken) {
    requestHeader.delete(AUTHORIZATION);
  }
  return sent === null ? null : TWO_TOKENS;
}

/** Take the proof away as well: it is good for no other call. */
export function takeProof({ forwardToken }: TakeOptions, requestHeader: Headers): string | null {
  const proof = requestHeader.get(DPOP);
  if (!forwardToken) {
    requestHeader.delete(DPOP);
  }
  return proof;
}

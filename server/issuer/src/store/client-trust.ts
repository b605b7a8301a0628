import { parseTextList } from "./text-list.ts";

/** The other issuer whose tokens prove who a client is. */
export interface ClientTrust {
  /** Its name: claim `iss` of its tokens, or its trust domain as a SPIFFE ID. */
  readonly issuer: string;
  /** Whom its tokens are about: each of these subjects is the client. */
  readonly subjects: readonly string[];
}

/** Write whose tokens prove who a client is into a column. */
export function toTrustColumn(trust: ClientTrust | undefined): string | null {
  return trust === undefined ? null : JSON.stringify([trust.issuer, ...trust.subjects]);
}

/** Read what {@link toTrustColumn} wrote. */
export function parseTrustColumn(json: string | null): ClientTrust | undefined {
  const [issuer, ...subjects] = json === null ? [] : parseTextList(json);
  return issuer === undefined ? undefined : { issuer, subjects };
}

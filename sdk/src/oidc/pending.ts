/** What proves that an answer belongs to a question that this tab asked. */
export interface Pending {
  /** PKCE (RFC 7636 §4.1). */
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  /** How long ago the user may have signed in at most, if that was asked for. */
  readonly maxAgeSeconds?: number | undefined;
}

/** Read what `signInUrl` wrote. @throws TypeError when there is nothing of it */
export function parsePending(text: string | null): Pending {
  const value = parseJson(text ?? "");
  if (typeof value !== "object" || value === null) {
    throw new TypeError("no sign-in was begun in this tab, or it was finished already");
  }
  // Written by signInUrl into storage that only this origin can write.
  return value as Pending;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not written by the SDK: the same as nothing.
    return undefined;
  }
}

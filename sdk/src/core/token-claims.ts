/**
 * Read the claims of a token; `undefined` when it is no JWT. They are not verified, and grant nothing: they tell whose
 * token it is and when to get the next one.
 */
export function readClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    const claims: unknown = JSON.parse(text);
    // The members of an object, whatever they are: hence the cast.
    return typeof claims === "object" && claims !== null
      ? (claims as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Name the account of a token; `undefined` when it shows none. A token of another account makes another session, so that
 * no call and no stream goes on under it.
 */
export function accountOf(token: string): string | undefined {
  const { iss, sub } = readClaims(token) ?? {};
  // The text of both is only compared, whatever they are.
  return sub === undefined ? undefined : JSON.stringify([iss, sub]);
}

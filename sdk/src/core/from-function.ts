import { assertOptions, type OptionForm } from "./option-forms.ts";
import type { TokenGrant, TokenSource } from "./source.ts";
import { accountOf } from "./token-claims.ts";

/** Options of {@link fromFunction}. */
export interface FunctionSourceOptions {
  /** How long a token lasts, in milliseconds. Default 60,000: then the function is asked again. */
  readonly lifetimeMs?: number | undefined;
}

const DEFAULT_LIFETIME_MS = 60_000;

const FORMS = { lifetimeMs: "number" } as const satisfies Record<keyof FunctionSourceOptions, OptionForm>;

/**
 * Make a source of a function that answers with an access token, for tokens that something else looks after.
 *
 * A session of it needs no sign-in. A failure of the function is tried again; throw a `TokenSourceError` of kind
 * `final` to end the session. It ends as well when the function answers with a JWT of another account; the next call
 * begins one for that. For the tokens of another session use `fromSession`, which follows at once.
 *
 * @throws TypeError when there is no function, or an option is not understood
 */
export function fromFunction(
  getToken: (signal: AbortSignal) => Promise<string>,
  options: FunctionSourceOptions = {},
): TokenSource {
  if (typeof getToken !== "function") {
    throw new TypeError("fromFunction needs a function that answers with an access token");
  }
  assertOptions("fromFunction", options, FORMS);
  const { lifetimeMs = DEFAULT_LIFETIME_MS } = options;
  if (!(lifetimeMs > 0)) {
    throw new TypeError("lifetimeMs must be more than 0");
  }
  const acquire = async (signal: AbortSignal): Promise<TokenGrant> => {
    // Files end with a line break.
    const accessToken = (await getToken(signal)).trim();
    return { accessToken, lifetimeMs, scopes: [], sessionId: accountOf(accessToken) };
  };
  return {
    repeatable: true,
    acquire,
    refresh: ({ signal }) => acquire(signal),
    revoke: () => Promise.resolve(),
  };
}

import { createMemoryStore, createSession, type SessionEvent, type SessionStore } from "@countersign/sdk";
import { type OidcOptions, oidc } from "@countersign/sdk/oidc";
import { createFakeClock } from "@countersign/sdk/testing";
import { createTabStorage, type FakeProvider, idTokenOf } from "./fake-provider.ts";

/** The client of the tests of sign-outs, and the API that it calls. */
export const clientId = "web";
export const baseUrl = "https://api.example";

/** What a provider grants that gives no refresh token and no ID token. */
export const GRANT = { accessToken: "access-0", lifetimeMs: 600_000, scopes: [] } as const;

/** Where the metadata of a provider are. */
export const OIDC_PATH = "/.well-known/openid-configuration";

/** Make a source of a provider. */
export function sourceOf({ issuer }: FakeProvider, options: Partial<OidcOptions> = {}) {
  return oidc({ issuer, clientId, storage: createTabStorage(), ...options });
}

/** Begin a session with tokens of the provider. */
export async function signedIn(
  provider: FakeProvider,
  options: { readonly store?: SessionStore; readonly refreshToken?: string } = {},
) {
  const { store = createMemoryStore(), refreshToken } = { refreshToken: "refresh-0", ...options };
  const clock = createFakeClock();
  const source = sourceOf(provider);
  const session = createSession({ baseUrl, source, store, clock });
  const events: SessionEvent[] = [];
  session.on((event) => events.push(event));
  const idToken = idTokenOf(provider.issuer, { aud: clientId, sub: "user-1" });
  await session.begin(() => Promise.resolve({ ...GRANT, refreshToken, idToken }));
  return { source, session, events, clock, idToken, store };
}

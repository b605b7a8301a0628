import { type OidcOptions, type OidcSource, oidc } from "@countersign/sdk/oidc";
import { createTabStorage, type FakeProvider } from "./fake-provider.ts";

/** The client of a fake provider, and where that sends its users. */
export const clientId = "web";
export const redirectUri = "https://app.example/signed-in";

/** Make a source of a fake provider, for one tab. */
export function sourceOf({ issuer }: FakeProvider, options: Partial<OidcOptions> = {}): OidcSource {
  return oidc({ issuer, clientId, redirectUri, storage: createTabStorage(), ...options });
}

/** Send the user back from an authorization request, by default with a code. */
export function backFrom(url: URL, more: Readonly<Record<string, string>> = { code: "code-1" }): URL {
  const back = new URL(redirectUri);
  back.searchParams.set("state", url.searchParams.get("state") ?? "");
  for (const [name, value] of Object.entries(more)) {
    back.searchParams.set(name, value);
  }
  return back;
}

import { createSession } from "@countersign/sdk/browser";
import { oidc } from "@countersign/sdk/oidc";
import { CLIENT_ID, ISSUER } from "./provider.ts";

const source = oidc({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  redirectUri: `${location.origin}/`,
  // Some providers want to be told which API the tokens are for: with `resource`, or as Auth0 with `parameters: { audience }`.
  scopes: ["openid", "offline_access"],
});

/** The session of the user. All tabs share it, and it goes on after a reload. */
export const session = createSession({ baseUrl: "/", source });

/** Send the user to the provider, which sends the user back to this page. */
export async function goToProvider(): Promise<void> {
  location.assign(await source.signInUrl());
}

// The provider has sent the user back.
if (new URLSearchParams(location.search).has("state")) {
  const answer = location.href;
  history.replaceState(undefined, "", "/");
  session.begin(() => source.finishSignIn(answer)).catch(console.error);
}

import { runCommand } from "../../../server/cli/src/run-command.ts";
import { createSigningKey } from "../../support/tokens.ts";
import { recordingTerminal } from "../recording-terminal.ts";
import { type Documents, type FakeProvider, startProvider } from "./fake-provider.ts";

/** The key of the providers of tests, another one of its name, and one of another kind. */
export const key = createSigningKey("ES256", "k1");
export const other = createSigningKey("ES256", "k1");
export const rsa = createSigningKey("RS256", "k2");

/** The well-known places of metadata. */
export const OPENID = "/.well-known/openid-configuration";
export const OAUTH = "/.well-known/oauth-authorization-server";

/** What a run of the command came to. */
export interface CheckRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Run `countersign issuer check`. */
export async function check(args: readonly string[], input = ""): Promise<CheckRun> {
  const terminal = recordingTerminal({ input });
  const code = await runCommand(["issuer", "check", ...args], terminal);
  return { code, out: terminal.printed.join("\n"), err: terminal.warned.join("\n") };
}

/** Run it for JSON. */
export async function checkJson(args: readonly string[], input?: string) {
  const { code, out } = await check([...args, "--json"], input);
  return { code, report: JSON.parse(out) };
}

/** Start a provider with one document and its keys. */
export function startPlain(keys: readonly object[] = [key.jwk], more: Documents = {}): Promise<FakeProvider> {
  return startProvider((origin) => ({
    [OPENID]: { issuer: origin, jwks_uri: `${origin}/keys` },
    "/keys": { keys },
    ...more,
  }));
}

/** Start a provider that is like Keycloak, with one realm. */
export function startKeycloak(): Promise<FakeProvider> {
  return startProvider((origin) => {
    const realm = `${origin}/realms/acme`;
    return {
      [`/realms/acme${OPENID}`]: { issuer: realm, jwks_uri: `${realm}/protocol/openid-connect/certs` },
      "/realms/acme/protocol/openid-connect/certs": { keys: [key.jwk, { ...rsa.jwk, use: "enc" }] },
    };
  });
}

/** Make the claims of a token of now. */
export function claimsOf(iss: string, more: object = {}): object {
  const now = Math.floor(Date.now() / 1000);
  return { iss, sub: "ada", aud: "notes", iat: now, exp: now + 300, ...more };
}

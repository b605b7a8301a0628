import { hostname } from "node:os";
import type { TokenGrant } from "@countersign/sdk";
import type { Session } from "@countersign/sdk/node";
import type { DeviceCode } from "@countersign/sdk/oidc";
import { HIGHEST_MAX_TOKEN_BYTES, parseCompactJws } from "@countersign/server/internal";
import type { Terminal } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { toPrintableLines } from "../issuer-check/printable.ts";
import { CommandError } from "../usage-error.ts";
import type { LoginRecord, ProviderChoice } from "./login-record.ts";
import { toSource } from "./open-session.ts";

/** A login that is about to begin. */
export interface NewLogin {
  readonly record: Omit<LoginRecord, "signedInAtMs">;
  /** Begin its session. */
  readonly begin: (session: Session) => Promise<void>;
}

/** How to sign in at a Countersign server. */
export interface PasswordSignIn {
  readonly server: string;
  readonly user: string;
  readonly scopes: readonly string[];
  readonly resource: string | undefined;
}

/** Prepare to sign in with a password, which the user types unseen, or standard input has. */
export async function withPassword(
  { server, user, scopes, resource }: PasswordSignIn,
  terminal: Terminal,
): Promise<NewLogin> {
  const password = await readPassword(user, terminal);
  const resources = resource === undefined ? undefined : [resource];
  const device = `countersign on ${hostname()}`;
  const credential = { username: user, password, scopes, resources, device };
  return { record: { server, user }, begin: (session) => session.signIn(credential) };
}

async function readPassword(user: string, terminal: Terminal): Promise<string> {
  const typed = await terminal.askSecret(`Password of ${user}: `);
  const password = typed ?? (await terminal.readInput()).replace(/\r?\n$/, "");
  if (password === "" || /[\r\n]/.test(password)) {
    throw new CommandError("the password is one line: typed at the terminal, or on standard input");
  }
  return password;
}

/** Sign in at a provider: the user lets this device in with a browser, anywhere (RFC 8628). */
export async function withDeviceCode(
  server: string,
  provider: ProviderChoice,
  terminal: Terminal,
): Promise<NewLogin> {
  const onCode = (code: DeviceCode): void =>
    describeCode(code).flatMap(toPrintableLines).forEach(terminal.warn);
  const grant = await toSource(server, provider).signInOnDevice({ onCode });
  if (grant.refreshToken === undefined) {
    terminal.warn(
      `The provider gave no refresh token: this login ends in ${formatDuration(grant.lifetimeMs)}. At most providers, ` +
        "--scope offline_access gets one.",
    );
  }
  return {
    record: { server, user: userOf(grant), provider },
    begin: (session) => session.begin(() => Promise.resolve(grant)),
  };
}

function describeCode({ userCode, verificationUrl, completeUrl, lifetimeMs }: DeviceCode): readonly string[] {
  return [
    `Open ${verificationUrl} in a browser, on any device, and enter the code ${userCode}`,
    ...(completeUrl === undefined ? [] : [`or open ${completeUrl}`]),
    `The code is good for ${formatDuration(lifetimeMs)}.`,
  ];
}

/** What providers call their users, in the order of what users know themselves by. */
const NAMES: readonly string[] = ["preferred_username", "email", "sub"];

/** A name that a terminal prints as it is, and that can be typed as one word. */
const IS_NAME = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]{1,200}$/u;

/** Find what the tokens call the user. They came from the provider itself, and the name is for the user's eyes alone. */
function userOf({ idToken, accessToken }: TokenGrant): string {
  try {
    const { payload } = parseCompactJws(idToken ?? accessToken, HIGHEST_MAX_TOKEN_BYTES);
    const names = NAMES.map((claim) => payload[claim]);
    return names.find((name): name is string => typeof name === "string" && IS_NAME.test(name)) ?? NO_NAME;
  } catch {
    // Access tokens of some providers are no JWTs, and without the scope openid there is no ID token.
    return NO_NAME;
  }
}

const NO_NAME = "unnamed";

import { randomBytes } from "node:crypto";
import { type Attack, type Flood, pace } from "../flood.ts";
import { basic, type FloodRequest, from, openLanes, PATHS, readAnswer, toHeaders } from "../requests.ts";

const CONNECTIONS = 8;
const PASSWORDS_PER_SECOND = 50;
const SECRETS_PER_SECOND = 200;
const REVOCATIONS_PER_SECOND = 50;
const FORM = "application/x-www-form-urlencoded";

/** Attempts to sign in, and what a client may do. */
export const SIGN_IN_FLOODS: readonly Flood[] = [
  {
    name: "passwords",
    does: "50 wrong passwords/s for one account from one address",
    run: (attack) => sendPaced(attack, PASSWORDS_PER_SECOND, () => guess("demo")),
  },
  {
    name: "passwords-spread",
    does: "50 wrong passwords/s, each for another account from another address",
    isBehindProxy: true,
    run: (attack) =>
      sendPaced(attack, PASSWORDS_PER_SECOND, (index) => ({
        ...guess(`user-${index}`),
        headers: from(index),
      })),
  },
  {
    name: "secrets",
    does: "200 wrong client secrets/s",
    run: (attack) => sendPaced(attack, SECRETS_PER_SECOND, () => guessSecret(attack)),
  },
  {
    name: "secrets-spread",
    does: "the same, each from another address",
    isBehindProxy: true,
    run: (attack) =>
      sendPaced(attack, SECRETS_PER_SECOND, (index) => {
        const request = guessSecret(attack);
        return { ...request, headers: { ...request.headers, ...from(index) } };
      }),
  },
  { name: "revocations", does: "50 tokens/s that a client gets and revokes", run: revokeOwn },
];

async function sendPaced(
  attack: Attack,
  perSecond: number,
  request: (index: number) => FloodRequest,
): Promise<void> {
  const lanes = await openLanes(attack.wire, CONNECTIONS);
  await pace(attack, perSecond, (index) => lanes.send(request(index)));
}

function guess(username: string): FloodRequest {
  const password = randomBytes(9).toString("base64url");
  return {
    path: PATHS.signIn,
    contentType: "application/json",
    body: Buffer.from(JSON.stringify({ password: { username, password } })),
  };
}

function guessSecret({ client }: Attack): FloodRequest {
  return {
    path: PATHS.token,
    contentType: FORM,
    headers: basic(client.id, randomBytes(32).toString("base64url")),
    body: Buffer.from("grant_type=client_credentials"),
  };
}

async function revokeOwn(attack: Attack): Promise<void> {
  const session = attack.wire.openHttp2();
  const headers = basic(attack.client.id, attack.client.secret);
  const post = async (path: string, form: Readonly<Record<string, string>>): Promise<string> => {
    const stream = session.request(toHeaders({ path, contentType: FORM, headers }));
    stream.end(new URLSearchParams(form).toString());
    return await readAnswer(stream);
  };
  const revokeOne = async (): Promise<void> => {
    const answer = await post(PATHS.token, { grant_type: "client_credentials" });
    const token = /"access_token":"([^"]+)"/.exec(answer)?.[1];
    if (token !== undefined) {
      await post(PATHS.revoke, { token });
    }
  };
  await pace(attack, REVOCATIONS_PER_SECOND, () => void revokeOne().catch(() => undefined));
}

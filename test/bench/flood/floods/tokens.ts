import { randomBytes } from "node:crypto";
import { forgeSignature } from "../../fixture/tokens.ts";
import { type Attack, type Flood, pace } from "../flood.ts";
import { bearer, EMPTY_MESSAGE, type FloodRequest, from, openLanes, PATHS } from "../requests.ts";

const CONNECTIONS = 8;
const CALLS_PER_SECOND = 1_000;

type MakeToken = (attack: Attack) => string;

const forge: MakeToken = ({ tokens }) => forgeSignature(tokens[0] ?? "");

const inventKey: MakeToken = ({ tokens }) => {
  const header = { alg: "ES256", typ: "at+jwt", kid: randomBytes(16).toString("base64url") };
  const [, payload] = (tokens[0] ?? "").split(".");
  return `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}.${randomBytes(64).toString("base64url")}`;
};

/** Calls with tokens that are not good. */
export const TOKEN_FLOODS: readonly Flood[] = [
  {
    name: "forged",
    does: "1,000 calls/s with forged tokens under a known key",
    run: (attack) => callWith(attack, forge),
  },
  {
    name: "forged-spread",
    does: "the same, each from another address",
    isBehindProxy: true,
    run: (attack) => callWith(attack, forge, from),
  },
  {
    name: "unknown-keys",
    does: "1,000 calls/s with tokens under invented keys",
    run: (attack) => callWith(attack, inventKey),
  },
  {
    name: "expired",
    does: "1,000 calls/s with expired tokens, another each time",
    run: (attack) => callWith(attack, ({ mintExpired }) => mintExpired()),
  },
];

async function callWith(
  attack: Attack,
  make: MakeToken,
  headersOf: (index: number) => Readonly<Record<string, string>> = () => ({}),
): Promise<void> {
  const lanes = await openLanes(attack.wire, CONNECTIONS);
  await pace(attack, CALLS_PER_SECOND, (index) => {
    const headers = { ...headersOf(index), ...bearer(make(attack)) };
    lanes.send({ ...LIST, headers });
  });
}

const LIST: FloodRequest = { path: PATHS.listNotes, contentType: "application/grpc", body: EMPTY_MESSAGE };

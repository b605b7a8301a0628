import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createCaller, type OpenCall } from "../compat/call.ts";
import type { Ability } from "../compat/cases.ts";
import { type Observations, observe } from "../compat/observe.ts";
import { eventually } from "../support/eventually.ts";
import { goodClaims, type SigningKey, signToken } from "../support/tokens.ts";
import type { Host } from "./hosts.ts";
import type { AppState } from "./program/app.ts";
import type { RunningHost } from "./runtimes.ts";

/** Where an issuer's keys are, for as long as a host is asked. */
export interface KeyServer extends AsyncDisposable {
  readonly jwksUri: string;
}

/** Serve the keys of an issuer. */
export async function serveKeys({ jwk }: SigningKey): Promise<KeyServer> {
  const server = createServer((_req, res) => {
    res.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    jwksUri: `http://127.0.0.1:${port}/jwks`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What was found of a host over one version of HTTP. */
export interface Finding {
  readonly answers: Observations;
  /** How a stream ended whose session was revoked. */
  readonly revoked: string;
  /** How a stream ended whose token expired. */
  readonly expired: string;
  /** What the gate reported as unexpected, of clients that left a stream and an upload among others. */
  readonly errors: readonly string[];
}

/**
 * Ask a host everything, over each version of HTTP that it speaks.
 *
 * @throws Error when a handler never learns that its client has left
 */
export async function observeHost(
  { speaks, seesLeaving = true }: Host,
  running: RunningHost,
  key: SigningKey,
): Promise<Readonly<Record<string, Finding>>> {
  const found: Record<string, Finding> = {};
  let ageSeconds = 0;
  for (const [httpVersion, abilities] of Object.entries(speaks)) {
    const target = { httpVersion: httpVersion as "1.1" | "2", abilities, seesLeaving }; // the keys of the table
    found[httpVersion] = await observeOver(running, target, (claims) => {
      const iat = Math.floor(Date.now() / 1000) + ageSeconds;
      return signToken(key, goodClaims({ iat, exp: iat + 600, ...claims }));
    });
    ageSeconds += 3600;
  }
  return found;
}

interface Over {
  readonly httpVersion: "1.1" | "2";
  readonly abilities: readonly Ability[];
  readonly seesLeaving: boolean;
}

async function observeOver(
  { origin }: RunningHost,
  { httpVersion, abilities, seesLeaving }: Over,
  tokenOf: (claims: object) => string,
): Promise<Finding> {
  const control: Control = async (name) => {
    const response = await fetch(`${origin}/control/${name}`, { method: "POST" });
    return (await response.json()) as AppState;
  };
  using caller = createCaller(origin, httpVersion);
  const watch = (claims: object) =>
    caller.start({ method: "Watch", isStream: true, texts: ["a"], token: tokenOf(claims) });
  const { answers, untilEnded } = await observe({ origin, httpVersion, abilities }, tokenOf({}));
  const session = `session-${httpVersion}`;
  const toBeRevoked = watch({ sid: session });
  await toBeRevoked.first;
  await control(`revoke?session=${session}`);
  const revoked = await toBeRevoked.outcome;

  const upload = { method: "Collect", isStream: true, isWithheld: true, texts: [] };
  const left = [() => caller.start({ ...upload, token: tokenOf({}) })];
  for (const start of seesLeaving ? [() => watch({}), ...left] : left) {
    await leave(start, control);
  }

  await control("hour");
  const expired = await untilEnded();
  const { errors } = await control("state");
  return {
    answers,
    revoked: [...revoked.texts, revoked.reason].join(" "),
    ...{ expired, errors },
  };
}

type Control = (name: string) => Promise<AppState>;

/** Leave a call once its handler runs, and wait until the handler has learnt of it. */
async function leave(start: () => OpenCall, control: Control): Promise<void> {
  const before = await control("state");
  const untilMore = (name: "started" | "aborted") =>
    eventually(async () => ((await control("state"))[name] > before[name] ? true : undefined));
  const call = start();
  await untilMore("started");
  call.giveUp();
  await call.outcome;
  await untilMore("aborted");
}

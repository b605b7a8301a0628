import { X509Certificate } from "node:crypto";
import { createAuthority, createSelfSigned } from "../../support/self-signed.ts";
import type { BindingCall, BindingClientOptions, BindingLoad } from "../binding/client-child.ts";
import type { BindingServerOptions } from "../binding/server-child.ts";
import { ALGORITHM, createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row, Side } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

/** What a token is bound to. */
const SIDES = ["bearer", "mtls"] as const;
type SideName = (typeof SIDES)[number];
const CALLS: readonly BindingCall[] = ["unary", "stream"];

const TURN_SECONDS = 1.5;
const QUICK_TURN_SECONDS = 0.2;

/** Of a bearer token's calls, a call with a token that is bound to a certificate may take so much more of a processor. */
const MTLS_SHARE = 0.97;

/** What it takes to see that a token comes from its sender. */
export const bindingBench: Bench = {
  name: "binding",
  describe: [
    `gRPC over h2 with TLS: unary calls and streams of one message, every call with the same ${ALGORITHM} token`,
    "bearer: bound to nothing; mtls: bound to the certificate of the connection, which an authority has signed",
    "4 connections with 16 calls under way on each; the load is a client on Node, which may be the limit of req/s",
    "the ratio of the two is of processor time per call, taken in turns right after each other",
  ],
  comparisons: CALLS.map((call) => ({ ours: ratioOf(call), better: "higher", target: MTLS_SHARE })),
  run: runBinding,
};

function ratioOf(call: BindingCall): string {
  return `${call}: bearer-cpu / mtls-cpu`;
}

async function runBinding({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const seconds = quick ? QUICK_TURN_SECONDS : TURN_SECONDS;
  await using resources = new AsyncDisposableStack();
  const started = await startSides(resources);
  const perCall = new Map<string, number>();
  const sides = CALLS.flatMap((call): readonly Side[] => [
    ...started.map((side) => toSide(side, { call, seconds }, perCall)),
    { name: ratioOf(call), measure: async () => [toRatio(call, perCall)] },
  ]);
  for (const side of quick ? [] : sides) {
    await side.measure(); // warms the servers up
  }
  return await interleave("binding", sides, rounds); // the servers live until here
}

interface StartedSide {
  readonly name: SideName;
  readonly server: Child;
  readonly client: Child;
}

/** Start a server and a client for each side. @param resources ends them */
async function startSides(resources: AsyncDisposableStack): Promise<readonly StartedSide[]> {
  const tokens = createTokenMaker();
  const secure = createSelfSigned();
  const authority = createAuthority("clients");
  const own = authority.issue("bench");
  const fingerprint = new X509Certificate(own.cert).fingerprint256.replaceAll(":", "");
  const cnf = { "x5t#S256": Buffer.from(fingerprint, "hex").toString("base64url") };
  const parts = {
    bearer: { tls: secure, token: tokens.mint(), client: {} },
    mtls: { tls: { ...secure, ca: authority.cert }, token: tokens.mint({ claims: { cnf } }), client: own },
  };
  const start = async (name: SideName): Promise<StartedSide> => {
    const { tls, token, client: tlsOfClient } = parts[name];
    const server = startChild(new URL("../binding/server-child.ts", import.meta.url), { core: "server" });
    const client = startChild(new URL("../binding/client-child.ts", import.meta.url), { core: "load" });
    resources.use(server);
    resources.use(client);
    const options: BindingServerOptions = { keys: tokens.publicKeys, tls };
    const port = await server.ask<number>("start", options);
    await client.ask("open", { port, token, ca: secure.cert, ...tlsOfClient } satisfies BindingClientOptions);
    return { name, server, client };
  };
  return await Promise.all(SIDES.map(start));
}

function toSide(
  { name, server, client }: StartedSide,
  load: BindingLoad,
  perCall: Map<string, number>,
): Side {
  const side = `${load.call}: ${name}`;
  return {
    name: side,
    async measure() {
      const began = await server.ask<number>("cpuMicroseconds");
      const { count, seconds } = await client.ask<{ count: number; seconds: number }>("run", load);
      const cpu = ((await server.ask<number>("cpuMicroseconds")) - began) / count;
      perCall.set(side, cpu);
      return [
        { side, unit: "req/s", value: count / seconds },
        { side: `${side}-cpu`, unit: "µs/call", value: cpu },
      ];
    },
  };
}

function toRatio(call: BindingCall, perCall: ReadonlyMap<string, number>): Reading {
  const cpuOf = (name: SideName): number => perCall.get(`${call}: ${name}`) ?? Number.NaN;
  return { side: ratioOf(call), unit: "×", value: cpuOf("bearer") / cpuOf("mtls"), hasInterval: true };
}

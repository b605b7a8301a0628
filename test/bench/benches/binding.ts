import { X509Certificate } from "node:crypto";
import { createAuthority, createSelfSigned, type SelfSigned } from "../../support/self-signed.ts";
import type { BindingCall, BindingClientOptions, BindingLoad } from "../binding/client-child.ts";
import type { BindingServerOptions } from "../binding/server-child.ts";
import { ALGORITHM, createTokenMaker } from "../fixture/tokens.ts";
import type { Bench, BenchOptions, Reading, Row, Side } from "../run/bench.ts";
import { type Child, startChild } from "../run/child.ts";
import { interleave } from "../run/rounds.ts";

/** What a token may be bound to, and which share of the calls of a bearer token that leaves of a processor. */
const TARGETS = { mtls: 0.97, dpop: 0.3 };
const SIDES = ["bearer", "mtls", "dpop"] as const;
type SideName = (typeof SIDES)[number];
const BOUND = ["mtls", "dpop"] as const satisfies readonly SideName[];
const PUBLIC_URL = "https://bench.example";
const CALLS: readonly BindingCall[] = ["unary", "stream"];

const TURN_SECONDS = 1.5;
const QUICK_TURN_SECONDS = 0.2;

/** What it takes to see that a token comes from its sender. */
export const bindingBench: Bench = {
  name: "binding",
  describe: [
    `gRPC over h2 with TLS: unary calls and streams of one message, every call with the same ${ALGORITHM} token`,
    "bearer: bound to nothing; mtls: bound to the certificate of the connection, which an authority has signed",
    "dpop: bound to a key of ES256, with a proof for each call that was signed before the turn",
    "4 connections with 16 calls under way on each; the load is a client on Node, which may be the limit of req/s",
    "each ratio is of processor time per call, taken in turns right after each other",
  ],
  comparisons: CALLS.flatMap((call) =>
    BOUND.map((name) => ({ ours: ratioOf(call, name), better: "higher" as const, target: TARGETS[name] })),
  ),
  run: runBinding,
};

function ratioOf(call: BindingCall, name: SideName): string {
  return `${call}: bearer-cpu / ${name}-cpu`;
}

async function runBinding({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const seconds = quick ? QUICK_TURN_SECONDS : TURN_SECONDS;
  await using resources = new AsyncDisposableStack();
  const started = await startSides(resources);
  const perCall = new Map<string, number>();
  const sides = CALLS.flatMap((call): readonly Side[] => [
    ...started.map((side) => toSide(side, { call, seconds }, perCall)),
    { name: `${call}: ratios`, measure: async () => BOUND.map((name) => toRatio(call, name, perCall)) },
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

/** What each side has of its own. */
interface SideParts {
  readonly tls: BindingServerOptions["tls"];
  /** The certificate that the client shows. */
  readonly own?: SelfSigned;
  readonly provenAt?: string;
  /** Claim `cnf`. @param jkt the thumbprint of the key of the client */
  readonly bind?: (jkt: string) => Readonly<Record<string, string>>;
}

function createParts(secure: SelfSigned): Readonly<Record<SideName, SideParts>> {
  const authority = createAuthority("clients");
  const own = authority.issue("bench");
  const fingerprint = new X509Certificate(own.cert).fingerprint256.replaceAll(":", "");
  const certificate = { "x5t#S256": Buffer.from(fingerprint, "hex").toString("base64url") };
  return {
    bearer: { tls: secure },
    mtls: { tls: { ...secure, ca: authority.cert }, own, bind: () => certificate },
    dpop: { tls: secure, provenAt: PUBLIC_URL, bind: (jkt) => ({ jkt }) },
  };
}

/** Start a server and a client for each side. @param resources ends them */
async function startSides(resources: AsyncDisposableStack): Promise<readonly StartedSide[]> {
  const tokens = createTokenMaker();
  const secure = createSelfSigned();
  const parts = createParts(secure);
  const start = async (name: SideName): Promise<StartedSide> => {
    const { tls, own, provenAt, bind } = parts[name];
    const server = startChild(new URL("../binding/server-child.ts", import.meta.url), { core: "server" });
    const client = startChild(new URL("../binding/client-child.ts", import.meta.url), { core: "load" });
    resources.use(server);
    resources.use(client);
    const options: BindingServerOptions = { keys: tokens.publicKeys, tls, publicUrl: PUBLIC_URL };
    const port = await server.ask<number>("start", options);
    const cnf = bind?.(await client.ask<string>("thumbprint"));
    const token = tokens.mint(cnf === undefined ? {} : { claims: { cnf } });
    const proven = provenAt === undefined ? {} : { provenAt };
    await client.ask("open", {
      port,
      token,
      ca: secure.cert,
      ...own,
      ...proven,
    } satisfies BindingClientOptions);
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

function toRatio(call: BindingCall, name: SideName, perCall: ReadonlyMap<string, number>): Reading {
  const cpuOf = (side: SideName): number => perCall.get(`${call}: ${side}`) ?? Number.NaN;
  return { side: ratioOf(call, name), unit: "×", value: cpuOf("bearer") / cpuOf(name), hasInterval: true };
}

import { join } from "node:path";
import { startProgram } from "../support/program.ts";
import { goodClaims, type SigningKey, signToken } from "../support/tokens.ts";
import type { Ability } from "./cases.ts";
import { type Observations, observe } from "./observe.ts";
import type { AdapterName } from "./program/adapters.ts";
import type { ConnectSet } from "./sets.ts";

/** What was found of one server. */
export interface Finding {
  readonly answers: Observations;
  /** How its stream ended, when the token had expired. */
  readonly end: string;
  readonly seen: string | null;
}

/** What was found of all servers of one set, by adapter and combination; what they warned of, and what reached the application. */
export interface Findings {
  readonly servers: Readonly<Record<string, Readonly<Record<string, Finding>>>>;
  readonly warnings: readonly string[];
  /** The guarded methods for which an interceptor of the application saw a call of nobody. */
  readonly seenUnguarded: readonly string[];
}

/** What the program prints. */
interface Ready {
  readonly control: string;
  readonly origins: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly warnings: readonly string[];
}

/** List the adapters that there are in a set. */
export function adaptersOf({ express, fastify, next }: ConnectSet): readonly AdapterName[] {
  return [
    ...(["node", "node over HTTP/2", "listen", "listen over HTTP/2"] as const),
    ...(["router transport", "createFetchHandler", "handlers of the fetch API"] as const),
    ...(express === undefined ? [] : (["express"] as const)),
    ...(fastify === undefined ? [] : (["fastify", "fastify over HTTP/2"] as const)),
    ...(next === undefined ? [] : (["next"] as const)),
  ];
}

/** Say how an adapter is called. */
function httpVersionOf(adapter: AdapterName): "1.1" | "2" {
  return adapter.endsWith("HTTP/2") ? "2" : "1.1";
}

/** List what an adapter can do that not all can. */
export function abilitiesOf(adapter: AdapterName): readonly Ability[] {
  if (adapter === "router transport") {
    return [];
  }
  return httpVersionOf(adapter) === "2"
    ? ["HTTP", "early answers", "both directions", "gRPC"]
    : ["HTTP", "early answers"];
}

/**
 * Serve everything with one set of Connect, in a process of its own, and ask all of it everything.
 *
 * @param folder that of the programs
 */
export async function runSet(set: ConnectSet, folder: string, key: SigningKey): Promise<Findings> {
  const args = [join(folder, "main.ts"), JSON.stringify({ jwk: key.jwk, adapters: adaptersOf(set) })];
  await using child = startProgram({ file: process.execPath, args });
  const [, printed = ""] = await child.untilPrinted(/ready: (.*)\n/);
  const { control, origins, warnings } = JSON.parse(printed) as Ready;
  const iat = Math.floor(Date.now() / 1000);
  const token = signToken(key, goodClaims({ iat, exp: iat + 600 }));
  const servers = adaptersOf(set).flatMap((adapter) =>
    Object.entries(origins[adapter] ?? {}).map(([name, origin]) => ({ adapter, name, origin })),
  );
  const observed = await mapSome(servers, async ({ adapter, name, origin }) => {
    const target = { origin, httpVersion: httpVersionOf(adapter), abilities: abilitiesOf(adapter) };
    return { adapter, name, ...(await observe(target, token)) };
  });
  const seenUnguarded = await letTimePass(control).catch((cause: unknown) => {
    throw new Error(`Connect ${set.connect}: the server said\n${child.output().stderr}`, { cause });
  });
  const found: Record<string, Record<string, Finding>> = {};
  for (const { adapter, name, answers, seen, untilEnded } of observed) {
    found[adapter] = { ...found[adapter], [name]: { answers, seen, end: await untilEnded() } };
  }
  return { servers: found, warnings, seenUnguarded };
}

/** How many servers are asked at once: each is asked some twenty things, over a connection each. */
const AT_ONCE = 10;

async function mapSome<T, R>(items: readonly T[], toResult: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      results.push(await toResult(item));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Let an hour pass. Answers which calls of nobody the application's interceptor has seen until then. */
async function letTimePass(control: string): Promise<readonly string[]> {
  const response = await fetch(control, { method: "POST" });
  return (await response.json()) as readonly string[];
}

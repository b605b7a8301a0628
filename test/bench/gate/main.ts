import { createTokenMaker } from "../fixture/tokens.ts";
import { answerParent } from "../run/answer-parent.ts";
import { allocatedBytes } from "./allocated-bytes.ts";
import { BAD_KINDS, type BadKind, createBadTokens } from "./bad-tokens.ts";
import { createBenchGate, createCall, decideByGate } from "./countersign.ts";
import { type Decider, type Turn, takeTurn } from "./decider.ts";
import { decideByFastJwt, decideByJose, decideByJoseKeySet } from "./libraries.ts";
import { type ClaimRuleName, createPresetServer, toPresetClaims } from "./preset.ts";
import { decideByRule } from "./rule.ts";

/** As many tokens take turns: as many callers. */
const TOKENS = 1000;
const CACHE_ENTRIES = 10_000;
/** Every token is as if it had never been sent. */
const FORGETFUL = 1;

/** What is decided in one process. Code that was run for one kind of token is compiled otherwise for the next. */
export type GateGroup = "hits" | "misses" | "rejects" | `${ClaimRuleName}-${"hits" | "misses"}`;

const tokens = createTokenMaker();
const keys = tokens.publicKeys;
const deciders = new Map<string, Decider>();

answerParent({
  prepare,
  turn: ({ name, ms }: { readonly name: string; readonly ms: number }): Promise<Turn> =>
    takeTurn(deciderOf(name), ms),
  allocated: (name: string): number => allocatedBytes(deciderOf(name)),
});

function deciderOf(name: string): Decider {
  const decider = deciders.get(name);
  if (decider === undefined) {
    throw new Error(`there is no side ${name}`);
  }
  return decider;
}

const GROUPS: Readonly<Record<GateGroup, () => Promise<void> | void>> = {
  hits: addHits,
  "claims-hits": () => addPresetHits("claims"),
  "typed-claims-hits": () => addPresetHits("typed-claims"),
  misses: addMisses,
  "claims-misses": () => addPresetMisses("claims"),
  "typed-claims-misses": () => addPresetMisses("typed-claims"),
  rejects: () => BAD_KINDS.forEach(addRejects),
};

/** @returns the names of the sides of this group and of those before it, in the order of their turns */
async function prepare(group: GateGroup): Promise<readonly string[]> {
  await GROUPS[group]();
  return [...deciders.keys()];
}

function mintGood(): readonly string[] {
  return Array.from({ length: TOKENS }, () => tokens.mint());
}

async function addHits(): Promise<void> {
  const good = mintGood();
  const gate = createBenchGate(keys, CACHE_ENTRIES);
  for (const token of good) {
    await gate(createCall(token));
  }
  if (gate(createCall(good[0])) !== undefined) {
    throw new Error("the gate does not answer at once for a token that it knows");
  }
  deciders.set("countersign-hit", { accepts: true, ...decideByGate(gate, good) });
  addFastJwtHit("fast-jwt-hit", good);
}

function addFastJwtHit(name: string, good: readonly string[]): void {
  const decide = decideByFastJwt({ keys, cacheEntries: CACHE_ENTRIES }, good);
  for (const index of good.keys()) {
    decide(index);
  }
  deciders.set(name, { accepts: true, decide });
}

function mintPreset(): readonly string[] {
  return Array.from({ length: TOKENS }, () => tokens.mint({ claims: toPresetClaims() }));
}

async function addPresetHits(name: ClaimRuleName): Promise<void> {
  const good = mintPreset();
  const server = createPresetServer(name, { keys, verdictCacheEntries: CACHE_ENTRIES });
  for (const token of good) {
    await server.call(createCall(token, server.method));
  }
  const { gate, call, method, rule } = server;
  deciders.set(`countersign-${name}-gate-hit`, { accepts: true, ...decideByGate(gate, good, method) });
  deciders.set(`countersign-${name}-call-hit`, { accepts: true, ...decideByGate(call, good, method) });
  deciders.set(`countersign-${name}-rule-hit`, { accepts: true, ...decideByRule(rule, "known") });
  addFastJwtHit(`fast-jwt-${name}-hit`, good);
}

async function addPresetMisses(name: ClaimRuleName): Promise<void> {
  const good = mintPreset();
  const server = createPresetServer(name, { keys, verdictCacheEntries: FORGETFUL });
  const { gate, call, method, rule } = server;
  deciders.set(`countersign-${name}-gate-miss`, { accepts: true, ...decideByGate(gate, good, method) });
  deciders.set(`countersign-${name}-call-miss`, { accepts: true, ...decideByGate(call, good, method) });
  deciders.set(`countersign-${name}-rule-miss`, { accepts: true, ...decideByRule(rule, "new") });
  deciders.set(`jose-${name}-miss`, { accepts: true, decide: await decideByJose(keys, good) });
}

async function addMisses(): Promise<void> {
  const good = mintGood();
  deciders.set("countersign-miss", {
    accepts: true,
    ...decideByGate(createBenchGate(keys, FORGETFUL), good),
  });
  deciders.set("jose-miss", { accepts: true, decide: await decideByJose(keys, good) });
  deciders.set("fast-jwt-miss", {
    accepts: true,
    decide: decideByFastJwt({ keys, cacheEntries: 0 }, good),
  });
}

function addRejects(kind: BadKind): void {
  const bad = createBadTokens(kind, { tokens, count: TOKENS });
  const decideWith = (cacheEntries: number) => decideByGate(createBenchGate(keys, cacheEntries), bad);
  deciders.set(`countersign-reject-${kind}`, { accepts: false, ...decideWith(FORGETFUL) });
  if (kind === "expired") {
    deciders.set(`countersign-reject-${kind}-again`, { accepts: false, ...decideWith(CACHE_ENTRIES) });
  }
  if (kind !== "missing") {
    const present = bad.filter((token) => token !== undefined);
    deciders.set(`jose-reject-${kind}`, { accepts: false, decide: decideByJoseKeySet(keys, present) });
  }
}

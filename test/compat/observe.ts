import { type Caller, createCaller, type OpenCall, type Outcome } from "./call.ts";
import { type Ability, CASES, type Case, EXPIRING } from "./cases.ts";

/** How one server answers, case by case. */
export type Observations = Readonly<Record<string, string>>;

/** A server that was asked everything, and whose stream is open. */
export interface Observed {
  readonly answers: Observations;
  /** What an interceptor of the application saw of the call with a good token. Null: it did not run. */
  readonly seen: string | null;
  /** Wait for the end of its stream. */
  readonly untilEnded: () => Promise<string>;
}

/** What a server is, as far as it decides what can be asked of it. */
export interface Target {
  readonly origin: string;
  readonly httpVersion: "1.1" | "2";
  readonly abilities: readonly Ability[];
}

/** List the cases that can be asked of a server. */
export function casesFor(abilities: readonly Ability[]): readonly [string, Case][] {
  return Object.entries(CASES).filter(([, { needs }]) => needs === undefined || abilities.includes(needs));
}

/** Ask a server everything, and leave a stream open. */
export async function observe(target: Target, token: string): Promise<Observed> {
  const caller = createCaller(target.origin, target.httpVersion);
  const asked = casesFor(target.abilities).map(([name, one]) => ({ name, call: start(caller, one, token) }));
  const answers: Record<string, string> = {};
  let seen: string | null = null;
  for (const { name, call } of asked) {
    const outcome = await patiently(call, call.outcome);
    answers[name] = lineOf(outcome);
    if (name === "good token") {
      seen = outcome.seen;
    }
  }
  const stream = start(caller, EXPIRING, token);
  await patiently(stream, stream.first);
  return { answers, seen, untilEnded: () => endOf(stream, caller) };
}

function start(caller: Caller, { call, token }: Case, good: string): OpenCall {
  const sent = token === undefined ? {} : { token: token === "good" ? good : token };
  return caller.start({ texts: ["a"], ...call, ...sent });
}

async function endOf(stream: OpenCall, caller: Caller): Promise<string> {
  try {
    return lineOf(await patiently(stream, stream.outcome));
  } finally {
    caller[Symbol.dispose]();
  }
}

/** How long a call may take before it counts as one that never ends, in milliseconds. */
const PATIENCE_MS = 60_000;

async function patiently<T>(call: OpenCall, result: Promise<T>): Promise<T> {
  const timer = setTimeout(call.giveUp, PATIENCE_MS);
  try {
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

function lineOf({ status, texts, reason = "" }: Outcome): string {
  return [status, ...texts, reason].join(" ").trimEnd();
}

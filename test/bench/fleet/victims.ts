import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "@connectrpc/connect";
import { type Note, NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { clientOf, signIn } from "../../support/rpc.ts";
import { machineMs } from "../signals/machine-ms.ts";
import { ACCOUNT, type Fleet } from "./fleet.ts";
import { latestSequence } from "./ticks.ts";

/**
 * A session that is revoked, in the hands of a thief: its token and its streams are used without the SDK, at each server
 * and through each proxy, for as long as a server lets them.
 */
export interface Victim {
  readonly sessionId: string;
  /** How many of its streams and its callers never had an answer: they prove nothing. */
  unanswered(): number;
  /** Note that its revocation was acknowledged, now. */
  noteRevoked(): void;
  /** How long after that the last message came on each stream, in milliseconds; 0 when none did. */
  streamsLastedMs(): readonly number[];
  /** How long after that the last call was accepted, in milliseconds; 0 when none was. */
  callsLastedMs(): number;
  /** How long after that a server sent the last of all this, in milliseconds: on a busy machine it comes later. */
  sentForMs(): number;
  /** Give up. */
  stop(): Promise<void>;
}

const BETWEEN_CALLS_MS = 250;
const TIMEOUT_MS = 2_000;
const MAX_BEGIN_MS = 10_000;

type Notes = Client<typeof NotesService>;

/** Sign a session in that will be revoked, open its streams, and call with its token. */
export async function createVictim({
  lanes,
  ownUrls,
  tokensHoldMs,
}: Pick<Fleet, "lanes" | "ownUrls" | "tokensHoldMs">): Promise<Victim> {
  const [lane] = lanes;
  const { accessToken: token, sessionId } = await signIn(lane?.issuerUrl ?? "", ACCOUNT);
  const notesAt = (baseUrl: string): Notes => clientOf(NotesService, { baseUrl, protocol: "grpc", token });
  const stop = new AbortController();
  const streams = lanes.map(({ ownUrl }) => readOn(notesAt(ownUrl), stop.signal));
  // A token that has expired proves nothing more. Streams are read on: one may be held by mistake.
  const held = AbortSignal.any([stop.signal, AbortSignal.timeout(tokensHoldMs)]);
  const calls = ownUrls.map((url) => callOn(notesAt(url), held));
  await Promise.race([
    Promise.all([...streams, ...calls].map(({ begun }) => begun)),
    // A token that is not taken everywhere by then never will be: the fault goes on, and it shows in the outcome.
    pause(MAX_BEGIN_MS),
  ]);
  let revokedAtMs = Number.POSITIVE_INFINITY;
  const lasted = ({ lastMs }: Use): number => Math.max(0, lastMs() - revokedAtMs);
  const sentFor = ({ lastSentMs }: Use): number => Math.max(0, lastSentMs() - revokedAtMs);
  return {
    sessionId,
    unanswered: () => [...streams, ...calls].filter(({ lastMs }) => lastMs() === 0).length,
    noteRevoked() {
      revokedAtMs = machineMs();
    },
    streamsLastedMs: () => streams.map(lasted),
    callsLastedMs: () => Math.max(...calls.map(lasted)),
    sentForMs: () => Math.max(...[...streams, ...calls].map(sentFor)),
    async stop() {
      stop.abort();
      await Promise.all([...streams, ...calls].map(({ ended }) => ended));
    },
  };
}

/** A use of a token that goes on. */
interface Use {
  /** Resolves when it has worked once, or was given up. */
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
  /** When it last worked, by {@link machineMs}. */
  lastMs(): number;
  /** When a server sent that, by the same. */
  lastSentMs(): number;
}

/** Says that it works. @param note what came, with when it was sent */
type Works = (note: Note | undefined) => void;

/** Use it until the signal aborts. @param run uses it, and says whenever that works */
function use(run: (works: Works) => Promise<void>): Use {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  let lastMs = 0;
  let lastSentMs = 0;
  const works: Works = (note) => {
    lastMs = machineMs();
    lastSentMs = Number(note?.body);
    resolve();
  };
  // It ends with whatever refusal: what counts is when it last worked.
  const ended = run(works)
    .catch(() => undefined)
    .finally(resolve);
  return { begun, ended, lastMs: () => lastMs, lastSentMs: () => lastSentMs };
}

function readOn(notes: Notes, signal: AbortSignal): Use {
  return use(async (works) => {
    for await (const { note } of notes.watchNotes({ afterSequence: latestSequence() }, { signal })) {
      works(note);
    }
  });
}

function callOn(notes: Notes, signal: AbortSignal): Use {
  return use(async (works) => {
    for (; !signal.aborted; await pause(BETWEEN_CALLS_MS, undefined, { signal })) {
      await notes.getNote({ id: "1" }, { timeoutMs: TIMEOUT_MS, signal }).then(works, () => undefined);
    }
  });
}

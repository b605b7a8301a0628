import { setTimeout as pause } from "node:timers/promises";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  createNodeTransport,
  createSession,
  type NodeSessionOptions,
  type Session,
} from "@countersign/sdk/node";
import { eventually } from "./eventually.ts";
import { DEMO_ACCOUNT, type ServerProcess } from "./server-process.ts";

/** How many lives of a token a stream must outlast, and how long one is. A full run takes 50 of 2 seconds. */
export const LIVES = Number(process.env.STREAM_LIVES ?? 4);
/** The life of a token, in milliseconds. */
const LIFE_MS = Number(process.env.STREAM_LIFE_MS ?? 4000);
/**
 * How far the clocks may lie apart, and so how long a renewal may be late. With `0s` and lives of 2 s, whatever holds a
 * process up for a third of a second ends its streams.
 */
const { STREAM_TOLERANCE: TOLERANCE = "2s" } = process.env;

/** What servers of these runs are told. */
export const SHORT_LIVES = {
  COUNTERSIGN_ACCESS_TTL: `${LIFE_MS}ms`,
  COUNTERSIGN_CLOCK_TOLERANCE: TOLERANCE,
  COUNTERSIGN_SIGN_INS_PER_MINUTE: "0",
} as const;

/** The client of the notes. */
export type Notes = Client<typeof NotesService>;

/** A session of the demo's user, and its clients: gRPC, and gRPC-Web over fetch. */
export interface SignedIn extends AsyncDisposable {
  readonly session: Session;
  readonly grpc: Notes;
  readonly web: Notes;
}

/** Sign in with the SDK. */
export async function signInSession(
  baseUrl: string,
  options: Omit<NodeSessionOptions, "baseUrl"> = {},
): Promise<SignedIn> {
  const session = createSession({ ...options, baseUrl });
  await session.signIn(DEMO_ACCOUNT);
  const { interceptor } = session;
  return {
    session,
    grpc: createClient(NotesService, createNodeTransport({ baseUrl, session })),
    web: createClient(NotesService, createGrpcWebTransport({ baseUrl, interceptors: [interceptor] })),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** Write a note every 100 ms until there were enough. @returns their sequences */
export async function writeNotes(
  notes: Notes,
  isEnough: (written: number) => boolean | Promise<boolean>,
): Promise<bigint[]> {
  const sequences: bigint[] = [];
  for (; !(await isEnough(sequences.length)); await pause(BETWEEN_NOTES_MS)) {
    sequences.push((await notes.createNote({ title: "tick" })).sequence);
  }
  return sequences;
}

/** How much is written in a run at the least, however fast the tokens follow each other. */
export const LEAST_NOTES = 10;
const BETWEEN_NOTES_MS = 100;

/** Say when streams that are opened now have outlasted so many lives of their session's token. */
function createRun({ session }: Pick<SignedIn, "session">): (written: number) => boolean {
  // One more: the stream may not be open yet at the first refresh, nor be renewed yet at the last.
  const last = session.getSnapshot().generation + LIVES + 1;
  return (written) => written >= LEAST_NOTES && session.getSnapshot().generation >= last;
}

/** What a stream has brought so far. */
export interface Collected {
  readonly seen: readonly bigint[];
  /** Settled when the stream ends. */
  readonly ended: Promise<void>;
}

/** Read a stream behind the test, up to its end. */
export function collect(events: AsyncIterable<{ readonly sequence: bigint }>): Collected {
  const seen: bigint[] = [];
  const read = async (): Promise<void> => {
    for await (const { sequence } of events) {
      seen.push(sequence);
    }
  };
  return { seen, ended: read() };
}

/** What a run of messages from the server brought. */
export interface WatchRun {
  /** What was written meanwhile: it must all be in what was seen, in this order. */
  readonly written: readonly bigint[];
  readonly seen: readonly bigint[];
  /** How the stream ended when it was left; anything else has interrupted it before. */
  readonly end: unknown;
}

/** Watch over a whole run, while notes are written. */
export async function runWatch(client: SignedIn, way: "grpc" | "web"): Promise<WatchRun> {
  const { [way]: notes, grpc: writer } = client;
  const stop = new AbortController();
  const { sequence } = await writer.createNote({ title: "start" });
  const { seen, ended } = collect(notes.watchNotes({ afterSequence: sequence }, { signal: stop.signal }));
  const end = ended.then(
    () => "the server ended the stream",
    (error: unknown) => error,
  );
  const written = await Promise.race([writeNotes(writer, createRun(client)), end.then(() => [])]);
  await Promise.race([eventually(() => written.every((own) => seen.includes(own)) || undefined), end]);
  stop.abort();
  return { written, seen, end: await end };
}

/** Import over a whole run. @returns how many notes were sent, and how many the server says it made */
export async function runImport(
  client: SignedIn,
): Promise<{ readonly sent: number; readonly created: number }> {
  const isEnough = createRun(client);
  let sent = 0;
  async function* titles() {
    for (; !isEnough(sent); await pause(BETWEEN_NOTES_MS)) {
      sent += 1;
      yield { title: `imported ${sent}` };
    }
  }
  const { created } = await client.grpc.importNotes(titles());
  return { sent, created };
}

/** Write one note again and again over a whole run. */
export async function runSync(
  client: SignedIn,
): Promise<{ readonly sent: number; readonly seen: readonly bigint[] }> {
  const { grpc: notes } = client;
  const isEnough = createRun(client);
  const { id } = await notes.createNote({ title: "both ways" });
  let sent = 0;
  async function* bodies() {
    for (; !isEnough(sent); await pause(BETWEEN_NOTES_MS)) {
      sent += 1;
      yield { noteId: id, body: `version ${sent}` };
    }
  }
  const { seen, ended } = collect(notes.syncNotes(bodies()));
  await ended;
  const { body } = await notes.getNote({ id });
  if (body !== `version ${sent}`) {
    throw new Error(`the note ended as ${body} after ${sent} versions`);
  }
  return { sent, seen };
}

/** Say how often servers have renewed streams, by their own figures. */
export async function renewalsSeen(servers: readonly ServerProcess[]): Promise<number> {
  const counts = await Promise.all(
    servers.map(async ({ program }) => {
      const [, address = ""] = await program.untilPrinted(/Metrics\s+(http:\S+)/);
      const text = await fetch(address).then((res) => res.text());
      return Number(/^countersign_stream_renewals_total (\d+)/m.exec(text)?.[1]);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createSession, type Session } from "@countersign/sdk/browser";

/** What a stream brought to the page, as text: pages hand out no BigInt. */
export interface PageRun {
  readonly seen: readonly string[];
  /** What ended it before it was left; undefined: nothing did. */
  readonly interruption: string | undefined;
}

let session: Session;
let notes: Client<typeof NotesService>;
const seen: string[] = [];
const stop = new AbortController();
let ended: Promise<string | undefined>;
let refreshes = 0;

/** Sign in at the server of the page. */
export async function signIn(username: string, password: string): Promise<void> {
  const baseUrl = location.origin;
  session = createSession({ baseUrl });
  session.on(({ type }) => {
    if (type === "refreshed") {
      refreshes += 1;
    }
  });
  await session.signIn({ username, password });
  notes = createClient(
    NotesService,
    createGrpcWebTransport({ baseUrl, interceptors: [session.interceptor] }),
  );
}

/** Begin to watch, behind a sequence. */
export function watch(afterSequence: string): void {
  ended = read(BigInt(afterSequence));
}

async function read(afterSequence: bigint): Promise<string | undefined> {
  try {
    for await (const { sequence } of notes.watchNotes({ afterSequence }, { signal: stop.signal })) {
      seen.push(String(sequence));
    }
    return "the server ended the stream";
  } catch (error) {
    return stop.signal.aborted ? undefined : String(error);
  }
}

/** Say what has come so far. */
export function seenSoFar(): readonly string[] {
  return seen;
}

/** Say how many tokens the session has had since it signed in, but the first. */
export function refreshesSoFar(): number {
  return refreshes;
}

/** Leave the stream. */
export async function leave(): Promise<PageRun> {
  stop.abort();
  const interruption = await ended;
  session.dispose();
  return { seen, interruption };
}

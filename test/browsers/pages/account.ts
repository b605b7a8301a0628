import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { resumable } from "@countersign/sdk";
import { createSession, type SessionEvent, type SessionSnapshot } from "@countersign/sdk/browser";
import { dpop } from "@countersign/sdk/dpop";

/** What the page can say of itself, as JSON. */
export interface AccountState extends Pick<SessionSnapshot, "status" | "degraded" | "generation"> {
  /** What has happened to the session since the page was loaded. */
  readonly events: readonly SessionEvent["type"][];
  /** How often the page came back from the back/forward cache. */
  readonly returns: number;
  /** Why the call failed that was made before; undefined when it did not. */
  readonly failure?: string | undefined;
}

const parameters = new URLSearchParams(location.search);
const baseUrl = parameters.get("server") ?? location.origin;
const binding = parameters.has("dpop") ? { dpop: dpop() } : {};
const session = createSession({ baseUrl, refreshTokenIn: "store", ...binding });
const interceptors = [session.interceptor];
const notes = createClient(NotesService, createGrpcWebTransport({ baseUrl, interceptors }));
const events: SessionEvent["type"][] = [];
let returns = 0;

session.on(({ type }) => events.push(type));
// Someone watches, so that tokens are refreshed ahead of expiry.
session.subscribe(() => undefined);
addEventListener("pageshow", ({ persisted }) => {
  returns += Number(persisted);
});

const state = (failure?: string): AccountState => {
  const { status, degraded, generation } = session.getSnapshot();
  return { status, degraded, generation, events, returns, failure };
};

/** Make a call, and say what the page looks like after it. */
const call = (): Promise<AccountState> =>
  notes.listNotes({}).then(
    () => state(),
    (error) => state(String(error)),
  );

/** What was read of the feed of notes. */
const titles: string[] = [];

/** Read the feed from now on, over every token and every network. */
async function watch(): Promise<void> {
  const feed = resumable(notes.watchNotes, {
    request: {},
    resume: ({ sequence }) => ({ afterSequence: sequence }),
  });
  for await (const { note } of feed) {
    titles.push(note?.title ?? "");
  }
}

const write = (title: string): Promise<string> => notes.createNote({ title }).then(() => title, String);

const signIn = () => session.signIn({ username: "demo", password: "demo-password" });

Object.assign(globalThis, { account: { session, state, call, signIn, titles, watch, write } });

import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createSession, type Session } from "@countersign/sdk";

/** The life of a session: it signs in, calls, refreshes, streams and signs out. @returns what came of it */
export async function liveOnce(session: Session, transport: Transport): Promise<string> {
  await session.signIn({ username: "demo", password: "demo-password" });
  const notes = createClient(NotesService, transport);
  const done = [(await notes.createNote({ title: "first" })).title];
  await session.refresh();
  for await (const { sequence } of notes.watchNotes({})) {
    done.push(String(sequence));
  }
  done.push(`revoked: ${(await session.signOut()).revoked}`);
  return done.join(", ");
}

/** workerd has no `redirect: "error"`, with which Connect's transports call. */
const fetchManually: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "manual" });

/** The same with nothing but the Fetch API. */
export function liveOverFetch(baseUrl: string): Promise<string> {
  const plain = { baseUrl, fetch: fetchManually };
  const session = createSession({ baseUrl, transport: createConnectTransport(plain) });
  return liveOnce(session, createConnectTransport({ ...plain, interceptors: [session.interceptor] }));
}

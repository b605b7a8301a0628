import { type Client, createClient } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { createNodeTransport, createSession, type Session } from "@countersign/sdk/node";
import { ACCOUNT, type Lane } from "./fleet.ts";

/** A session of the account, with the clients of an application that has it. */
export interface FleetClient extends AsyncDisposable {
  readonly lane: Lane;
  readonly session: Session;
  /** At servers that issue tokens. */
  readonly sessions: Client<typeof SessionService>;
  /** At servers of one's own. */
  readonly notes: Client<typeof NotesService>;
}

/** Sign in through the SDK. */
export async function signInThrough(lane: Lane): Promise<FleetClient> {
  const { issuerUrl, ownUrl } = lane;
  const session = createSession({ baseUrl: issuerUrl, allowedOrigins: [ownUrl] });
  const sessions = createClient(SessionService, createNodeTransport({ baseUrl: issuerUrl, session }));
  const notes = createClient(NotesService, createNodeTransport({ baseUrl: ownUrl, session }));
  await session.signIn(ACCOUNT);
  return { lane, session, sessions, notes, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
}

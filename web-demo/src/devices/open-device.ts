import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { findDemoAccount } from "../model/demo-accounts.ts";
import type { Services } from "../session/services.ts";
import { type CallHeaders, createProofKey, type Prove } from "./proof-key.ts";
import { randomId } from "./random-id.ts";

/**
 * Another device of the same account: a session of its own beside the page's, bound to a key of its own, with an open
 * stream. It is written without the SDK, so that each call of it can be seen.
 */
export interface Device {
  readonly sessionId: string;
  /** The refresh token that it began with. */
  readonly refreshToken: string;
  /** Exchange a refresh token. @param proveWith what proves the call; default: the key of the device. @returns the next one */
  readonly refresh: (refreshToken: string, proveWith?: Prove) => Promise<string>;
  /** Resolves when its stream has ended. */
  readonly streamEnd: Promise<StreamEnd>;
}

/** How a stream ended. */
export interface StreamEnd {
  readonly error: unknown;
  /** When, as `performance.now()` counts. */
  readonly atMs: number;
}

/**
 * Sign in once more, as another device does.
 *
 * @param name what the list of sessions calls it
 * @returns once its stream is open
 */
export async function openDevice({ transport, notes }: Services, name: string): Promise<Device> {
  const { roles } = await createClient(SessionService, transport).whoAmI({});
  const { sequence } = await notes.listNotes({ pageSize: 1 });
  const sessions = createClient(SessionService, createPlainTransport());
  const credential = { case: "password" as const, value: findDemoAccount(roles) };
  const prove = await createProofKey();
  const headers = await prove(SessionService.method.signIn);
  const { tokens } = await sessions.signIn({ credential, device: name }, { headers });
  const { accessToken = "", refreshToken = "", sessionId = "" } = tokens ?? {};
  const stream = watch(await prove(NotesService.method.watchNotes, accessToken), sequence);
  await stream.opened;
  return {
    sessionId,
    refreshToken,
    async refresh(token, proveWith = prove) {
      const proof = await proveWith(SessionService.method.refresh);
      const { tokens: next } = await sessions.refresh({ refreshToken: token }, { headers: proof });
      return next?.refreshToken ?? "";
    },
    streamEnd: stream.ended,
  };
}

/** Create a transport that knows nothing of the page's session. */
export function createPlainTransport(): ReturnType<typeof createGrpcWebTransport> {
  return createGrpcWebTransport({ baseUrl: window.location.origin });
}

interface Watched {
  /** Resolves when the stream is open, or has failed. */
  readonly opened: Promise<void>;
  readonly ended: Promise<StreamEnd>;
}

function watch(proof: CallHeaders, afterSequence: bigint): Watched {
  const opened = Promise.withResolvers<void>();
  const notes = createClient(NotesService, createPlainTransport());
  // The server says at once that a stream with a name is open, and not with its first message.
  const headers = { ...proof, "countersign-stream-id": randomId() };
  const follow = async (): Promise<void> => {
    const events = notes.watchNotes({ afterSequence }, { headers, onHeader: () => opened.resolve() });
    for await (const _event of events) {
      // The stream only has to stay open.
    }
  };
  const toEnd = (error?: unknown): StreamEnd => {
    opened.resolve();
    return { error, atMs: performance.now() };
  };
  return { opened: opened.promise, ended: follow().then(() => toEnd(), toEnd) };
}

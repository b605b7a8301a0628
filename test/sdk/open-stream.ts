import { isSessionError, type Session } from "@countersign/sdk";
import type { ApiServer } from "./api-server.ts";
import { settle, until } from "./kit.ts";

/** An open stream. */
export interface OpenStream {
  /** What it ends with. */
  readonly ended: Promise<unknown>;
}

/** Open a stream at the API. */
export async function openStream(api: ApiServer, session: Session): Promise<OpenStream> {
  const messages = api.clientOf(session).watchNotes({})[Symbol.asyncIterator]();
  await messages.next();
  return { ended: messages.next().catch((error: unknown) => error) };
}

/** Say whether a stream has ended with SIGNED_OUT. */
export async function isSignedOut({ ended }: OpenStream): Promise<boolean> {
  return isSessionError(await Promise.race([ended, settle()]), "SIGNED_OUT");
}

/** A stream as its reader sees it. */
export interface Reader {
  readonly received: () => number;
  /** What the stream ended with; undefined while it is open. */
  readonly error: () => unknown;
}

/** Read a stream to its end. */
export function read(stream: AsyncIterable<unknown>): Reader {
  let received = 0;
  let error: unknown;
  void (async () => {
    for await (const _ of stream) {
      received += 1;
    }
  })().catch((cause: unknown) => {
    error = cause;
  });
  return { received: () => received, error: () => error };
}

/** Open a stream at the API, and read all that it brings. */
export async function readStream(api: ApiServer, session: Session): Promise<Reader> {
  const reader = read(api.clientOf(session).watchNotes({}));
  await until(() => reader.received() === 1);
  return reader;
}

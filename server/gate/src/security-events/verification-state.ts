import { digestToken } from "../authenticate/token-digest.ts";

/** Random text, a dot, and a digest in base64. */
const FORM = /^([\da-f-]{36})\.[\w+/=]{44}$/;

/**
 * Make what a verification event of a stream has to repeat. It shows by itself that a receiver of the stream has made it: whichever
 * server gets the event, none has to remember what was asked for.
 */
export function createVerificationState(streamId: string): Promise<string> {
  return toState(streamId, crypto.randomUUID());
}

/** Check whether a receiver of a stream has made a state. */
export async function isVerificationState(streamId: string, state: string): Promise<boolean> {
  const nonce = FORM.exec(state)?.[1];
  return nonce !== undefined && state === (await toState(streamId, nonce));
}

async function toState(streamId: string, nonce: string): Promise<string> {
  return `${nonce}.${await digestToken(JSON.stringify([streamId, nonce]))}`;
}

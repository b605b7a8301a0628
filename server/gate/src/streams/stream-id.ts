/** 128 random bits in base64url. */
const STREAM_ID = /^[A-Za-z0-9_-]{22}$/;

/** Check whether a text can be the name of a stream. */
export function isStreamId(text: string): boolean {
  return STREAM_ID.test(text);
}

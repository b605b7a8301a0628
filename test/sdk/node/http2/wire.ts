import type { OutgoingHttpHeaders } from "node:http2";

/** The kinds of calls, by the method that is one. */
export const KINDS = ["getNote", "watchNotes", "importNotes", "syncNotes"] as const;
export type Kind = (typeof KINDS)[number];

/** An answer, ready to be sent. */
export interface AnswerChunks {
  readonly status: number;
  readonly header: OutgoingHttpHeaders;
  readonly body: readonly Uint8Array[];
  readonly trailer: OutgoingHttpHeaders | undefined;
}

/** A message with its prefix. */
export function frame(data: Uint8Array, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(data.length, 1);
  return Buffer.concat([prefix, data]);
}

import type { RenewedStream } from "@countersign/server/internal";
import type { Fleet } from "./watched-servers.ts";

/** What is to be renewed, and for whom. */
export interface ForwardedRenewal extends Fleet {
  /** The server that asks. */
  readonly serverId: string;
  /** The streams; those without an owner are asked for at every server of the fleet. */
  readonly streams: readonly { readonly streamId: string; readonly owner: string }[];
  /** The token, which only the servers that have the streams judge. */
  readonly accessToken: string;
}

/** What is said of the streams that were asked for. Those that are left out are not open there. */
export interface StreamAnswers {
  readonly renewed: readonly RenewedStream[];
  readonly endedStreamIds: readonly string[];
  readonly unknownStreamIds: readonly string[];
  /** Whether a stream runs for another party: then none has changed there. */
  readonly refused: boolean;
}

/** What one says that has none of them, or is gone. */
export const NO_ANSWERS: StreamAnswers = {
  renewed: [],
  endedStreamIds: [],
  unknownStreamIds: [],
  refused: false,
};

/** What a server was asked. */
export interface Question {
  readonly streamIds: readonly string[];
  readonly answers: Promise<StreamAnswers>;
  /** Ask others, once it is answered, for the streams that no server has yet. Absent: there are none to ask. */
  readonly next?: (streamIds: readonly string[]) => readonly Question[];
  /** Wait no longer. */
  readonly end: () => void;
}

/** Asks those that may have the streams. */
export type AskForStreams = (renewal: ForwardedRenewal) => readonly Question[];

/** What a server says of the streams that it was asked for. */
export interface RenewalAnswer extends StreamAnswers {
  readonly renewalId: string;
  readonly clientId: string;
  readonly serverId: string;
}

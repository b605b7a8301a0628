/** What one tab tells the others. Never a token: they read the store. */
export interface PeerMessage {
  readonly type: "signed_in" | "refreshed" | "signed_out";
  readonly sessionId: string;
  readonly generation: number;
}

/**
 * The other tabs of a session. All of it makes things faster, none of it keeps them right: the store does.
 */
export interface Peers {
  /** Run a refresh while the others wait, for 3 s at the most. */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  /** Tell the others. */
  readonly publish: (message: PeerMessage) => void;
  /** Hear that the others have done something. @returns a function that stops it */
  readonly subscribe: (listener: () => void) => () => void;
  /** Let go of channels. */
  readonly close: () => void;
}

/** Stand in for the other tabs where there are none. */
export const NO_PEERS: Peers = {
  exclusively: (run) => run(),
  publish: () => undefined,
  subscribe: () => () => undefined,
  close: () => undefined,
};

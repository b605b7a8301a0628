/** What one tab tells the others. Never a token: they read the store. */
export interface PeerMessage {
  readonly type: "signed_in" | "signed_out";
  readonly sessionId: string;
  readonly generation: number;
}

/**
 * The other tabs of a session. All of it makes things faster, none of it keeps them right: the store does.
 */
export interface Peers {
  /** Run a refresh while the others wait, for 3 s at the most. Rejects with what `run` rejects with. */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  /** Tell the others. */
  readonly publish: (message: PeerMessage) => void;
  /**
   * Hear that the others have done something, or that something may have been missed: the machine may have slept.
   *
   * @param listener is told `online` when the network is back; other types mean nothing to it
   * @returns a function that stops it and lets go of channels and listeners
   */
  readonly subscribe: (listener: (event: { readonly type: string }) => void) => () => void;
}

/** Stand in for the other tabs where there are none. */
export const NO_PEERS: Peers = {
  exclusively: (run) => run(),
  publish: () => undefined,
  subscribe: () => () => undefined,
};

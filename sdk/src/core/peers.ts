/** What one tab sends to the others. Never a token: they read the store. */
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
  /** Send a message to the other tabs. */
  readonly publish: (message: PeerMessage) => void;
  /**
   * Subscribe to messages of the other tabs, and to moments at which some may have been missed, as after a sleep of the
   * machine.
   *
   * @param listener gets an event of type `online` when the network is back; any other type means that there may be news
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

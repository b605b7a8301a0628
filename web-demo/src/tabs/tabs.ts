import { Code, ConnectError } from "@connectrpc/connect";
import type { Session } from "@countersign/sdk/browser";
import { isSessionError } from "@countersign/sdk/browser";

/** What one tab has to say of a refresh that all of them made at once. */
export interface TabRefresh {
  /** Which token it has now. */
  readonly generation: number;
  /** How many requests it sent for it. */
  readonly requests: number;
  /** Why it has no newer one; undefined when it has. */
  readonly failure: string | undefined;
}

/** The other tabs of this page. */
export interface Tabs {
  /** Resolves when another tab is there, at once or later. @throws ConnectError DeadlineExceeded when none comes */
  readonly other: () => Promise<void>;
  /**
   * Refresh in this tab and in another one, at the same time.
   *
   * @returns what this tab, then the other one says
   * @throws ConnectError DeadlineExceeded when the other one has been closed
   */
  readonly refreshAtOnce: () => Promise<readonly [TabRefresh, TabRefresh]>;
}

/** What {@link createTabs} needs. */
export interface TabsOptions {
  readonly channel: BroadcastChannel;
  readonly session: Pick<Session, "refresh" | "getSnapshot" | "ready">;
  /** How many refreshes this tab has sent. */
  readonly sentRefreshes: () => number;
  /** How long another tab is waited for, in milliseconds. Default 30,000. */
  readonly patienceMs?: number;
}

/** A tab that is just opened has to load, and a refresh may be repeated for 20 s. */
const PATIENCE_MS = 30_000;

type Message =
  | { readonly type: "who" }
  | { readonly type: "here" }
  | { readonly type: "refresh" }
  | { readonly type: "refreshed"; readonly outcome: TabRefresh };

/** Answer other tabs, and speak to them. */
export function createTabs({ channel, session, sentRefreshes, patienceMs = PATIENCE_MS }: TabsOptions): Tabs {
  const send = (message: Message): void => channel.postMessage(message);
  const isSignedIn = (): boolean => session.getSnapshot().status === "signed_in";
  const refresh = async (): Promise<TabRefresh> => {
    const before = sentRefreshes();
    const failure = await session.refresh().then(() => undefined, toReason);
    return { generation: session.getSnapshot().generation, requests: sentRefreshes() - before, failure };
  };
  const answer = async ({ type }: Message): Promise<void> => {
    if (type === "who" && isSignedIn()) {
      send({ type: "here" });
    }
    if (type === "refresh") {
      send({ type: "refreshed", outcome: await refresh() });
    }
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => void answer(data));
  // A tab that comes later says so by itself.
  void session.ready.then(() => answer({ type: "who" }));
  return {
    other: async () => {
      const there = nextMessage(channel, "here", patienceMs);
      send({ type: "who" });
      await there;
    },
    refreshAtOnce: async () => {
      const theirs = nextMessage(channel, "refreshed", patienceMs);
      send({ type: "refresh" });
      const ours = await refresh();
      return [ours, (await theirs).outcome];
    },
  };
}

/** Wait for a message of a type. */
function nextMessage<T extends Message["type"]>(
  channel: BroadcastChannel,
  type: T,
  patienceMs: number,
): Promise<Extract<Message, { type: T }>> {
  const over = new AbortController();
  return new Promise<Extract<Message, { type: T }>>((resolve, reject) => {
    const listener = ({ data }: MessageEvent<Message>): void => {
      if (data.type === type) {
        // Its type is that of the union's member by that name.
        resolve(data as Extract<Message, { type: T }>);
      }
    };
    channel.addEventListener("message", listener, { signal: over.signal });
    const giveUp = (): void => reject(new ConnectError("no other tab has answered", Code.DeadlineExceeded));
    const timer = setTimeout(giveUp, patienceMs);
    over.signal.addEventListener("abort", () => clearTimeout(timer));
  }).finally(() => over.abort());
}

function toReason(err: unknown): string {
  return isSessionError(err) ? err.rawMessage : "the refresh failed";
}

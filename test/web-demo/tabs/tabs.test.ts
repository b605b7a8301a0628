import { SessionError } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createTabs, type Tabs } from "../../../web-demo/src/tabs/tabs.ts";

const SNAPSHOT = {
  status: "signed_in",
  scopes: [],
  refreshing: false,
  degraded: false,
  generation: 7,
} as const;

interface Tab extends Disposable {
  readonly tabs: Tabs;
}

interface TabBehaviour {
  readonly requests: number;
  readonly failure?: Error;
  readonly patienceMs?: number;
}

/** A tab that sends so many requests for its next token, or fails. */
function openTab(name: string, { requests, failure, patienceMs = 30_000 }: TabBehaviour): Tab {
  const channel = new BroadcastChannel(name);
  let sent = 0;
  const session = {
    ready: Promise.resolve(),
    getSnapshot: () => SNAPSHOT,
    refresh: async () => {
      sent += requests;
      if (failure !== undefined) {
        throw failure;
      }
    },
  };
  return {
    tabs: createTabs({ channel, session, sentRefreshes: () => sent, patienceMs }),
    [Symbol.dispose]: () => channel.close(),
  };
}

test("two tabs refresh at once, and each says which token it has and what it sent", async () => {
  using first = openTab("at once", { requests: 1 });
  using _second = openTab("at once", { requests: 0 });
  await first.tabs.other();
  expect(await first.tabs.refreshAtOnce()).toEqual([
    { generation: 7, requests: 1, failure: undefined },
    { generation: 7, requests: 0, failure: undefined },
  ]);
});

test("a tab that comes later makes itself known", async () => {
  using first = openTab("later", { requests: 0 });
  const found = first.tabs.other();
  using _second = openTab("later", { requests: 0 });
  await found;
});

test("a tab whose session refuses says why", async () => {
  const failure = new SessionError("REFRESH_UNAVAILABLE", { detail: "a token is replaced once in 10 s" });
  using first = openTab("refused", { requests: 0 });
  using _second = openTab("refused", { requests: 0, failure });
  await first.tabs.other();
  const [, theirs] = await first.tabs.refreshAtOnce();
  expect(theirs.failure).toBe("refresh unavailable: a token is replaced once in 10 s");
});

test("a tab that is alone gives up", async () => {
  using alone = openTab("alone", { requests: 1, patienceMs: 1 });
  await expect(alone.tabs.other()).rejects.toThrow("no other tab has answered");
  await expect(alone.tabs.refreshAtOnce()).rejects.toThrow("no other tab has answered");
});

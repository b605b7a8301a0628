import { afterEach, expect, test, vi } from "vitest";
import { createBroadcastPeers } from "../../../sdk/src/browser/broadcast-peers.ts";
import { createFakePage } from "./fake-page.ts";

/** The channels that are open. */
const channels = new Set<FakeChannel>();

class FakeChannel {
  constructor() {
    channels.add(this);
  }
  postMessage(): void {}
  close(): void {
    channels.delete(this);
  }
}

afterEach(() => channels.clear());

/** Subscribe to the peers of a page, and note the types of what is heard. */
function subscribe() {
  const page = createFakePage();
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  const setVisible = (isVisible: boolean) => vi.stubGlobal("document", { hidden: !isVisible });
  setVisible(true);
  const heard: string[] = [];
  const unsubscribe = createBroadcastPeers("session").subscribe(({ type }) => heard.push(type));
  return { page, setVisible, heard, unsubscribe, [Symbol.dispose]: () => page[Symbol.dispose]() };
}

test("a page that is hidden looks for nothing, as it may be about to be left; one that is shown does", () => {
  using stage = subscribe();
  stage.setVisible(false);
  stage.page.dispatch("visibilitychange");
  expect(stage.heard).toEqual([]);
  stage.setVisible(true);
  stage.page.dispatch("visibilitychange");
  expect(stage.heard).toEqual(["visibilitychange"]);
});

test("a page that is left looks for nothing, and looks when it is back", () => {
  using stage = subscribe();
  for (const type of ["pagehide", "freeze", "resume", "pageshow"]) {
    stage.page.dispatch(type);
  }
  expect(stage.heard).toEqual(["resume", "pageshow"]);
});

test("a page that is left has no channel open, and one when it is back", () => {
  using stage = subscribe();
  expect(channels.size).toBe(1);
  for (const [type, open] of [
    ["pagehide", 0],
    ["freeze", 0],
    ["resume", 1],
    ["pageshow", 1],
  ] as const) {
    stage.page.dispatch(type);
    expect(channels.size).toBe(open);
  }
});

test("who does not listen any more has no channel open and no listeners left", () => {
  using stage = subscribe();
  stage.unsubscribe();
  for (const type of ["pagehide", "pageshow", "focus", "online", "visibilitychange"]) {
    stage.page.dispatch(type);
  }
  expect(stage.heard).toEqual([]);
  expect(channels.size).toBe(0);
  expect(stage.page.listeners()).toBe(0);
});

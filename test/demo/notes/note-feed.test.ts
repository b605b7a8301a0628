import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createNoteFeed } from "../../../server/demo/src/notes/note-feed.ts";

const NEVER = new AbortController().signal;

/** A feed that only announcements wake. */
const createQuietFeed = () =>
  createNoteFeed({ latestSequences: async () => new Map(), pollIntervalMs: 3_600_000 });

describe("the waking of watchers", () => {
  it("wakes those of the owner, and nobody else", async () => {
    const feed = createQuietFeed();
    const ada = [feed.watch("ada"), feed.watch("ada")];
    let eveWoke = false;
    const leave = new AbortController();
    const eve = feed
      .watch("eve")
      .changed(leave.signal)
      .then(() => {
        eveWoke = !leave.signal.aborted;
      });
    const woken = Promise.all(ada.map((watch) => watch.changed(NEVER)));
    feed.announce("ada");
    await woken;
    leave.abort();
    await eve;
    expect(eveWoke).toBe(false);
  });

  it("remembers what happened before the watcher waited", async () => {
    const feed = createQuietFeed();
    const watch = feed.watch("ada");
    feed.announce("ada");
    await watch.changed(NEVER);
  });

  it("stops waiting when the call ends, and leaves nothing behind on its signal", async () => {
    const feed = createQuietFeed();
    const watch = feed.watch("ada");
    const call = new AbortController();
    for (let round = 0; round < 100; round += 1) {
      const changed = watch.changed(call.signal);
      feed.announce("ada");
      await changed;
    }
    expect(getEventListeners(call.signal, "abort")).toHaveLength(0);
    const changed = watch.changed(call.signal);
    call.abort();
    await changed;
    await watch.changed(call.signal);
  });

  it("asks the store about those who are watched only, and goes on after a failure", async () => {
    const asked: (readonly string[])[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const feed = createNoteFeed({
      pollIntervalMs: 1,
      latestSequences: (owners) => {
        asked.push(owners);
        if (asked.length === 1) {
          return Promise.reject(new Error("the store is gone"));
        }
        if (asked.length === 4) {
          resolve();
        }
        return Promise.resolve(new Map([["ada", asked.length === 2 ? 5 : 6]]));
      },
    });
    const gone = feed.watch("gone");
    gone.close();
    const watch = feed.watch("ada");
    await watch.changed(NEVER);
    await watch.changed(NEVER);
    await done;
    watch.close();
    expect(asked.slice(0, 4)).toEqual([["ada"], ["ada"], ["ada"], ["ada"]]);
  });
});

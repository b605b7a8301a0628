import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { createFakeClock } from "../fake-clock.ts";
import { createRefusal } from "../fake-refusal.ts";
import type { Fault } from "./fault.ts";
import { assertThat, LIFETIME_MS, onStage, pass, rejectionOf, until } from "./stage.ts";

const CONCURRENT = 200;

/** Lose answers to refreshes: they are processed, and then the connection ends. */
function losing(isLost: (answer: number) => boolean | Promise<boolean>): (inner: Transport) => Transport {
  let answers = 0;
  return (inner) => ({
    ...inner,
    async unary(method, ...rest) {
      const response = await inner.unary(method, ...rest);
      if (method.name !== "Refresh") {
        return response;
      }
      answers += 1;
      if (await isLost(answers)) {
        throw new ConnectError("connection lost", Code.Unavailable);
      }
      return response;
    },
  });
}

/** The rows about refreshing. */
export const REFRESH_FAULTS: readonly Fault[] = [
  {
    row: 1,
    name: "200 concurrent calls with an expired token: one refresh, and all get its token",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { session } = await signedIn();
        clock.advance(LIFETIME_MS);
        const tokens = await Promise.all(Array.from({ length: CONCURRENT }, () => session.token()));
        assertThat(new Set(tokens).size === 1, "all must get the same token");
        assertThat(server.counts().refreshes === 1, "there must be one refresh");
      }),
  },
  {
    row: 3,
    name: "many tabs with an expired token and no way to talk: one successor, no tab is signed out",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, store, signedIn, tab }) => {
        const tabs = [await signedIn(), ...Array.from({ length: 19 }, () => tab())];
        await Promise.all(tabs.map(({ session }) => session.ready));
        clock.advance(LIFETIME_MS);
        const tokens = await pass(clock, Promise.all(tabs.map(({ session }) => session.token())));
        assertThat(new Set(tokens).size === 1, "all tabs must get the same token");
        assertThat(server.counts().rotations === 1, "there must be one successor");
        const entry = await store.read();
        const isOvertaken = entry !== undefined && !(await store.compareAndSet("an older one", entry));
        assertThat(isOvertaken, "the store must refuse to write over another revision than was read");
      }),
  },
  {
    row: 5,
    name: "the answers to two attempts are lost: the third gets the same tokens, one rotation",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { session } = await signedIn({ wrap: losing((answer) => answer < 3) });
        clock.advance(LIFETIME_MS);
        await pass(clock, session.token());
        assertThat(server.counts().rotations === 1, "the refresh token must be replaced once");
      }),
  },
  {
    row: 6,
    name: "a process is killed before it stores the answer: the next one repeats its refresh",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        await signedIn();
        clock.advance(LIFETIME_MS);
        const never = new Promise<boolean>(() => undefined);
        const killed = tab({ clock: createFakeClock(clock.nowMs()), wrap: losing(() => never) });
        void killed.session.token().catch(() => undefined);
        await until(() => server.counts().rotations === 1);
        const { session } = tab();
        await session.token();
        assertThat(server.counts().rotations === 1, "the refresh token must be replaced once");
        assertThat(session.getSnapshot().generation === 2, "the session must be in its second generation");
      }),
  },
  {
    row: 12,
    name: "no auth server and an expired token: Unavailable, then at once, and recovery by itself",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { session } = await signedIn();
        clock.advance(LIFETIME_MS);
        server.onRefresh(() => {
          throw new ConnectError("down", Code.Unavailable);
        });
        const first = await rejectionOf(pass(clock, session.token()));
        assertThat(first.code === Code.Unavailable, "the call must fail with Unavailable");
        const { refreshes } = server.counts();
        await rejectionOf(session.token());
        assertThat(server.counts().refreshes === refreshes, "the next call must not ask again");
        assertThat(session.getSnapshot().status === "signed_in", "the session must be kept");
        server.onRefresh();
        clock.advance(5_000);
        await session.token();
      }),
  },
  {
    row: 14,
    name: "429 with a time: no tab asks before it",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        const tabs = [await signedIn(), tab()];
        clock.advance(LIFETIME_MS);
        server.onRefresh(() => {
          throw createRefusal("RATE_LIMITED", { retryAfterMs: 30_000 });
        });
        for (const { session } of tabs) {
          await rejectionOf(session.token());
        }
        clock.advance(29_000);
        for (const { session } of tabs) {
          await rejectionOf(session.token());
        }
        assertThat(server.counts().refreshes === 1, "there must be one request in all");
      }),
  },
];

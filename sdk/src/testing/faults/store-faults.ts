import type { SessionStore } from "../../core/store.ts";
import { createRefusal } from "../fake-refusal.ts";
import type { Fault, FaultOptions } from "./fault.ts";
import { assertThat, createStoreOf, LIFETIME_MS, onStage, pass, rejectionOf, until } from "./stage.ts";

const MANY = 1_000;
const DAY_MS = 86_400_000;

interface BreakableStore {
  readonly options: FaultOptions;
  readonly setBroken: (isBroken: boolean) => void;
}

/** Put a store into a shell that can stop taking writes, as a full disk does. */
async function breakable(options: FaultOptions): Promise<BreakableStore> {
  const inner = await createStoreOf(options);
  let isBroken = false;
  const store: SessionStore = {
    ...inner,
    read: () => inner.read(),
    compareAndSet: (expected, next) =>
      isBroken ? Promise.reject(new Error("no space left")) : inner.compareAndSet(expected, next),
  };
  return {
    options: { createStore: () => store },
    setBroken(value) {
      isBroken = value;
    },
  };
}

/** The rows about what is stored. */
export const STORE_FAULTS: readonly Fault[] = [
  {
    row: 8,
    name: "the store takes no writes: the token works from memory, and is written down when it does again",
    async run(options = {}) {
      const broken = await breakable(options);
      await onStage(broken.options, async ({ clock, server, store, signedIn }) => {
        const { session } = await signedIn();
        broken.setBroken(true);
        clock.advance(LIFETIME_MS);
        const token = await session.token();
        assertThat((await session.token()) === token, "the new token must work");
        assertThat(session.getSnapshot().degraded, "the session must be degraded");
        broken.setBroken(false);
        clock.advance(60_000);
        await until(() => !session.getSnapshot().degraded);
        assertThat((await store.read())?.generation === 2, "the new token must be written down");
        assertThat(server.counts().rotations === 1, "the refresh token must be replaced once");
      });
    },
  },
  {
    row: 9,
    name: "a tab that was overtaken is refused: it adopts what the store holds",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        const { session } = await signedIn();
        const stale = tab();
        await stale.session.ready;
        clock.advance(LIFETIME_MS);
        const gate = Promise.withResolvers<void>();
        server.onRefresh(async (attempt) => {
          if (attempt > 1) {
            return;
          }
          await gate.promise;
          throw createRefusal("REFRESH_TOKEN_INVALID");
        });
        const refused = stale.session.token();
        await until(() => server.counts().refreshes === 1);
        const token = await session.token();
        gate.resolve();
        assertThat((await refused) === token, "who was refused must go on with the token of the other");
        assertThat((await stale.session.token()) === token, "the stale tab must adopt the token");
        assertThat(!stale.events.some(({ type }) => type === "signed_out"), "no tab may be signed out");
      }),
  },
  {
    row: 20,
    name: "the machine slept for longer than the session: one refusal, no loop",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { session, events } = await signedIn();
        server.revoke("expired");
        clock.sleep(90 * DAY_MS);
        for (let calls = 0; calls < 10; calls += 1) {
          await rejectionOf(session.token());
        }
        assertThat(server.counts().refreshes === 1, "there must be one refresh request");
        await until(() => events.some((event) => event.type === "signed_out" && event.reason === "expired"));
      }),
  },
  {
    row: 36,
    name: "a thousand session objects come and go: no timer is left, and the session lives on",
    run: (options = {}) =>
      onStage(options, async ({ clock, signedIn, tab }) => {
        const { session } = await signedIn();
        const before = clock.pending();
        for (let objects = 0; objects < MANY; objects += 1) {
          const other = tab();
          other.session.subscribe(() => undefined);
          if (objects % 10 === 0) {
            await other.session.ready;
          }
          other.session.dispose();
        }
        await pass(clock, session.token());
        await until(() => clock.pending() <= before);
        assertThat(session.getSnapshot().status === "signed_in", "the session must live on");
      }),
  },
];

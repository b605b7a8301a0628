import { Code, ConnectError } from "@connectrpc/connect";
import { createRefusal } from "../fake-refusal.ts";
import type { Fault } from "./fault.ts";
import { assertThat, LIFETIME_MS, onStage, pass, rejectionOf, type Stage, until } from "./stage.ts";

const MANY = 200;
const HOUR_MS = 3_600_000;

/** Let refreshes fail in a way that says nothing about the session: it must be kept. */
function keeping(row: number, name: string, failure: () => ConnectError): Fault {
  const play = async ({ clock, server, signedIn }: Stage): Promise<void> => {
    const { session, call } = await signedIn();
    clock.advance(LIFETIME_MS);
    server.onRefresh(() => {
      throw failure();
    });
    const { code } = await rejectionOf(pass(clock, call()));
    assertThat(code === Code.Unavailable, "the call must fail with Unavailable");
    assertThat(session.getSnapshot().status === "signed_in", "the session must be kept");
    server.onRefresh();
    clock.advance(60_000);
    await call();
  };
  return { row, name, run: (options = {}) => onStage(options, play) };
}

/** Set the clock by so much: so many refreshes are allowed, and no call may fail. */
function jumping(
  row: number,
  name: string,
  jumps: { readonly byMs: number; readonly refreshes: number },
): Fault {
  const play = async ({ clock, server, signedIn }: Stage): Promise<void> => {
    for (const byMs of [jumps.byMs, -jumps.byMs]) {
      const { call } = await signedIn();
      const { refreshes } = server.counts();
      clock.jump(byMs);
      for (let calls = 0; calls < 5; calls += 1) {
        await call();
      }
      assertThat(server.counts().refreshes - refreshes <= jumps.refreshes, "there are too many refreshes");
    }
  };
  return { row, name, run: (options = {}) => onStage(options, play) };
}

/** The rows about calls: they go to WhoAmI of the fake server. */
export const CALL_FAULTS: readonly Fault[] = [
  {
    row: 11,
    name: "no auth server for 30 s and a token that is still good: no call notices",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { call } = await signedIn();
        server.onRefresh(() => {
          throw new ConnectError("down", Code.Unavailable);
        });
        clock.advance(LIFETIME_MS - 90_000);
        for (let second = 0; second < 30; second += 1) {
          await call();
          clock.advance(1_000);
        }
      }),
  },
  keeping(
    13,
    "the auth server is overloaded (503): the session is kept",
    () => new ConnectError("503", Code.Unavailable),
  ),
  keeping(
    15,
    "a proxy answers in place of the auth server: the session is kept",
    () => new ConnectError("400", Code.Internal),
  ),
  jumping(17, "the clock is set by 30 s, either way: no refresh", { byMs: 30_000, refreshes: 0 }),
  jumping(18, "the clock is set by 2 h, either way: one refresh at most", {
    byMs: 2 * HOUR_MS,
    refreshes: 1,
  }),
  {
    row: 23,
    name: "a caller aborts while it waits: it is let go, and the refresh completes",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { session, call } = await signedIn();
        clock.advance(LIFETIME_MS);
        const gate = Promise.withResolvers<void>();
        server.onRefresh(() => gate.promise);
        const controller = new AbortController();
        const aborted = call({ signal: controller.signal });
        await until(() => server.counts().refreshes === 1);
        controller.abort();
        const { code } = await rejectionOf(aborted);
        assertThat(code === Code.Canceled, "the caller must be let go with Canceled");
        gate.resolve();
        await until(() => session.getSnapshot().generation === 2);
      }),
  },
  {
    row: 26,
    name: "a refusal that a refresh cannot mend: one refresh, one more try, the error, and no storm",
    run: (options = {}) =>
      onStage(options, async ({ server, signedIn }) => {
        const { call } = await signedIn();
        let calls = 0;
        server.onCall(() => {
          calls += 1;
          throw createRefusal("TOKEN_EXPIRED");
        });
        const { code } = await rejectionOf(call());
        assertThat(code === Code.Unauthenticated && calls === 2, "the call must be tried twice");
        for (let more = 0; more < 20; more += 1) {
          await rejectionOf(call());
        }
        assertThat(server.counts().refreshes === 1 && calls === 22, "there must be one refresh");
      }),
  },
  {
    row: 28,
    name: "all keys are replaced under 200 calls in flight: one refresh, and all succeed",
    run: (options = {}) =>
      onStage(options, async ({ server, signedIn }) => {
        const { call } = await signedIn();
        server.distrust();
        await Promise.all(Array.from({ length: MANY }, () => call()));
        assertThat(server.counts().refreshes === 1, "there must be one refresh");
      }),
  },
  {
    row: 33,
    name: "a call in flight is refused after the sign-out: nothing is signed in again",
    run: (options = {}) =>
      onStage(options, async ({ server, signedIn }) => {
        const { session, call } = await signedIn();
        const gate = Promise.withResolvers<void>();
        let isInFlight = false;
        server.onCall(() => {
          isInFlight = true;
          return gate.promise;
        });
        const late = call();
        await until(() => isInFlight);
        await session.signOut();
        gate.resolve();
        const { code } = await rejectionOf(late);
        assertThat(code === Code.Unauthenticated, "the call must fail with Unauthenticated");
        assertThat(server.counts().refreshes === 0, "there may be no refresh");
        assertThat(session.getSnapshot().status === "signed_out", "the session must stay signed out");
      }),
  },
];

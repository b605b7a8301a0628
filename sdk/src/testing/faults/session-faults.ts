import { Code } from "@connectrpc/connect";
import type { Fault } from "./fault.ts";
import { assertThat, LIFETIME_MS, onStage, rejectionOf, until } from "./stage.ts";

const HOUR_MS = 3_600_000;

/** The rows about the session as a whole. */
export const SESSION_FAULTS: readonly Fault[] = [
  {
    row: 10,
    name: "a refresh token was stolen and replayed: every tab is signed out for reuse",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        const tabs = [await signedIn(), tab()];
        await Promise.all(tabs.map(({ session }) => session.ready));
        server.revoke("reuse_detected");
        clock.advance(LIFETIME_MS);
        for (const { session } of tabs) {
          await rejectionOf(session.token());
        }
        for (const { events } of tabs) {
          const isSignedOut = () =>
            events.some((event) => event.type === "signed_out" && event.reason === "reuse_detected");
          await until(isSignedOut);
        }
      }),
  },
  {
    row: 16,
    name: "the session was revoked: one refresh request, one signed_out, no tokens are kept",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        const { session, events } = await signedIn();
        server.revoke("revoked");
        clock.advance(LIFETIME_MS);
        for (let call = 0; call < 10; call += 1) {
          const { code } = await rejectionOf(session.token());
          assertThat(code === Code.Unauthenticated, "calls must fail with Unauthenticated");
        }
        await until(() => events.length === 2);
        assertThat(server.counts().refreshes === 1, "there must be one refresh request");
        const late = tab();
        await late.session.ready;
        assertThat(late.session.getSnapshot().status === "signed_out", "nothing may be left in the store");
      }),
  },
  {
    row: 19,
    name: "the machine slept for 2 h: one refresh",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn }) => {
        const { session } = await signedIn();
        clock.sleep(2 * HOUR_MS);
        await Promise.all([session.token(), session.token()]);
        assertThat(server.counts().refreshes === 1, "there must be one refresh");
      }),
  },
  {
    row: 32,
    name: "one tab signs out while another refreshes: the result is thrown away",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        const leaving = await signedIn();
        const { session } = tab();
        await session.ready;
        clock.advance(LIFETIME_MS);
        const gate = Promise.withResolvers<void>();
        server.afterRefresh(() => gate.promise);
        const token = session.token();
        await until(() => server.counts().rotations === 1);
        const signOut = leaving.session.signOut();
        await until(() => leaving.session.getSnapshot().status === "signed_out");
        server.afterRefresh();
        gate.resolve();
        await rejectionOf(token);
        await signOut;
        assertThat(session.getSnapshot().status === "signed_out", "the other tab must be signed out");
      }),
  },
  {
    row: 34,
    name: "the account is switched while another tab refreshes: the new session is untouched",
    run: (options = {}) =>
      onStage(options, async ({ clock, server, signedIn, tab }) => {
        const first = await signedIn();
        const { session } = tab();
        await session.ready;
        clock.advance(LIFETIME_MS);
        const gate = Promise.withResolvers<void>();
        server.afterRefresh(() => gate.promise);
        const token = session.token();
        await until(() => server.counts().rotations === 1);
        await first.session.signIn({ username: "admin", password: "demo-password" });
        server.afterRefresh();
        gate.resolve();
        await rejectionOf(token);
        const [ours, theirs] = [await session.token(), await first.session.token()];
        assertThat(ours === theirs, "both tabs must use the new session's token");
        assertThat(session.getSnapshot().sessionId === "session-2", "the new session must be in force");
      }),
  },
  {
    row: 35,
    name: "a handler throws: nothing else notices",
    run: (options = {}) =>
      onStage(options, async ({ clock, signedIn }) => {
        const { session } = await signedIn();
        session.on(() => {
          throw new Error("a mistake of the application");
        });
        clock.advance(LIFETIME_MS);
        await session.token();
        await session.signOut();
        assertThat(session.getSnapshot().status === "signed_out", "the session must be signed out");
      }),
  },
];

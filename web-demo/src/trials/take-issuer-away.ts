import { isSessionError } from "@countersign/sdk";
import { formatCountdown } from "../model/time.ts";
import { wait } from "../model/wait.ts";
import type { Services } from "../session/services.ts";
import { ask, type Note } from "./finding.ts";

/** Let every request to the issuer fail, and call the API meanwhile. */
export async function takeIssuerAway(services: Services, note: Note): Promise<void> {
  const { session, notes, issuer } = services;
  issuer.turn(true);
  try {
    await ask(note, {
      what: "The page asks for a newer token",
      call: () => refresh(services, note),
      describe: () => "it has one",
    });
    await ask(note, {
      what: "The page calls ListNotes",
      call: () => notes.listNotes({ pageSize: 1 }),
      describe: () => "the API verifies the token by itself",
    });
    const { status, expiresAtMs = 0 } = session.getSnapshot();
    const left = formatCountdown(expiresAtMs - Date.now());
    const answer = status === "signed_in" ? `kept, with a token that is good for ${left}` : "lost";
    note({ what: "Your session", answer, tone: "fact" });
  } finally {
    issuer.turn(false);
    // As a browser does when its network is back.
    window.dispatchEvent(new Event("online"));
  }
  await ask(note, {
    what: "The issuer is back",
    call: () => refresh(services, note),
    describe: () => `token ${session.getSnapshot().generation}, of the same session`,
  });
}

/** Refresh, also when the session has replaced its token just now: it does so on demand once in ten seconds. */
async function refresh({ session, sentRefreshes }: Services, note: Note): Promise<void> {
  const before = sentRefreshes();
  try {
    await session.refresh();
  } catch (err) {
    if (!isSessionError(err, "REFRESH_UNAVAILABLE") || sentRefreshes() > before) {
      throw err;
    }
    const { retryAfterMs = 0 } = err;
    const answer = `waits for ${formatCountdown(retryAfterMs)}: it asks rarely, however often it is told to`;
    note({ what: "The session", answer, tone: "fact" });
    await wait(retryAfterMs, new AbortController().signal);
    await session.refresh();
  }
}

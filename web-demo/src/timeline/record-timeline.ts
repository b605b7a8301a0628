import type { Session } from "@countersign/sdk/browser";
import type { TimelineStore } from "./timeline-store.ts";

/** Write every token of a session into the timeline. A new session begins a new timeline. */
export function recordTimeline(
  session: Pick<Session, "on" | "ready" | "getSnapshot">,
  timeline: TimelineStore,
): void {
  const addToken = (): void => {
    const { status, generation, issuedAtMs = 0, expiresAtMs = 0 } = session.getSnapshot();
    if (status !== "signed_in") {
      return;
    }
    timeline.add({ type: "token", generation, fromMs: issuedAtMs, untilMs: expiresAtMs });
  };
  // A session that is restored with the page has no event for its token: it is just there.
  void session.ready.then(addToken);
  session.on(({ type }) => {
    if (type === "signed_in" || type === "signed_out") {
      timeline.clear();
    }
    if (type === "signed_in" || type === "refreshed") {
      addToken();
    }
  });
}

import { wait } from "../model/wait.ts";
import type { Services } from "../session/services.ts";
import type { TabRefresh } from "../tabs/tabs.ts";
import type { Finding, Note } from "./finding.ts";

/** A tab that is there answers at once. */
const ANSWER_MS = 300;
const WINDOW = "popup,width=440,height=760";

/** Open the page a second time, unless it is, and ask for the next token in both at the same moment. */
export async function refreshInTwoTabs({ tabs }: Services, note: Note): Promise<void> {
  const there = tabs.other().then(() => true);
  const silence = wait(ANSWER_MS, new AbortController().signal).then(() => false);
  const isThere = await Promise.race([there, silence]);
  if (!isThere && window.open(window.location.href, "countersign-second", WINDOW) === null) {
    note({
      what: "The browser",
      answer: "opens no second window: open this page in another tab yourself",
      tone: "refused",
    });
  }
  await there;
  const [ours, theirs] = await tabs.refreshAtOnce();
  note({ what: "This tab refreshes", ...describe(ours) });
  note({ what: "The other tab refreshes", ...describe(theirs) });
  const tokens = ours.generation === theirs.generation ? "one token for both" : "two tokens";
  note({
    what: "Together",
    answer: `${toRequests(ours.requests + theirs.requests)}, ${tokens}`,
    tone: "fact",
  });
}

function describe({ generation, requests, failure }: TabRefresh): Omit<Finding, "what"> {
  if (failure !== undefined) {
    return { answer: "no newer token", tone: "refused", detail: failure };
  }
  return { answer: `token ${generation} · ${toRequests(requests)}`, tone: "allowed" };
}

function toRequests(count: number): string {
  return count === 1 ? "1 request" : `${count} requests`;
}

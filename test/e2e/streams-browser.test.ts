import { expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { bundleForBrowser } from "../support/bundle.ts";
import { eventually } from "../support/eventually.ts";
import { DEMO_ACCOUNT, startServer } from "../support/server-process.ts";
import {
  LEAST_NOTES,
  LIVES,
  renewalsSeen,
  SHORT_LIVES,
  signInSession,
  writeNotes,
} from "../support/stream-runs.ts";
import type { PageRun } from "./pages/stream-run.ts";

test(`a page's stream over gRPC-Web goes on over ${LIVES} lives of its token`, async () => {
  await using server = await startServer({ env: SHORT_LIVES });
  await using browser = await launchBrowser();
  const page = await browser.newPage();
  // A document of the server, without the scripts of the web demo: they would share the processor.
  await page.goto(`${server.baseUrl}/.well-known/jwks.json`);
  await page.evaluate(await bundleForBrowser(new URL("pages/stream-run.ts", import.meta.url)));
  // The bundle leaves its exports in the page under this name.
  const inPage = <T>(call: string): Promise<T> => page.evaluate(`page.${call}`);
  await inPage(`signIn("${DEMO_ACCOUNT.username}", "${DEMO_ACCOUNT.password}")`);
  await using writer = await signInSession(server.baseUrl);
  const { sequence } = await writer.grpc.createNote({ title: "start" });
  await inPage(`watch("${sequence}")`);

  const isEnough = async (count: number): Promise<boolean> =>
    count >= LEAST_NOTES && (await inPage<number>("refreshesSoFar()")) >= LIVES;
  const written = (await writeNotes(writer.grpc, isEnough)).map(String);
  await eventually(async () => {
    const seen = await inPage<readonly string[]>("seenSoFar()");
    return seen.length >= written.length || undefined;
  });
  await eventually(async () => (await renewalsSeen([server])) >= LIVES - 1 || undefined);
  const run = await inPage<PageRun>("leave()");

  expect(run.interruption).toBeUndefined();
  expect(run.seen).toEqual(written);
});

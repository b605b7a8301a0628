import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { bundleForBrowser } from "../support/bundle.ts";
import { signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import type { Outcome } from "./pages/grpc-web-client.ts";

const stack = new AsyncDisposableStack();
let server: ServerProcess;
let page: Page;

beforeAll(async () => {
  server = stack.use(await startServer());
  const browser = stack.use(await launchBrowser());
  page = await browser.newPage();
  await page.goto(server.baseUrl);
  await page.evaluate(await bundleForBrowser(new URL("pages/grpc-web-client.ts", import.meta.url)));
});

afterAll(() => stack.disposeAsync());

const UNAUTHENTICATED = 16;

test("the official client of gRPC-Web calls with a token, from a page", async () => {
  const { accessToken } = await signIn(server.baseUrl);
  expect(await createNote("from grpc-web", accessToken)).toEqual({ kind: "note", title: "from grpc-web" });
});

test("the official client of gRPC-Web is told that a token is missing", async () => {
  const outcome = await createNote("no token", undefined);
  expect(outcome).toMatchObject({ kind: "error", code: UNAUTHENTICATED });
  const details = outcome.kind === "error" ? outcome.metadata["grpc-status-details-bin"] : undefined;
  expect(atob(details ?? "")).toContain("TOKEN_MISSING");
});

function createNote(title: string, token: string | undefined): Promise<Outcome> {
  // The bundle leaves its exports in the page under this name.
  return page.evaluate(`page.createNote(${JSON.stringify(title)}, ${JSON.stringify(token)})`);
}

import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { bundleForBrowser } from "../support/bundle.ts";
import { notEmpty } from "../support/not-empty.ts";
import { signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import type { Format, Outcome } from "./pages/grpc-web-client.ts";

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

// By default this client sends text.
const FORMATS = notEmpty(["binary", "default"] as const);

test.each(FORMATS)(
  "the official client of gRPC-Web calls with a token, in its format: %s",
  async (format) => {
    const { accessToken } = await signIn(server.baseUrl);
    expect(await createNote("from grpc-web", accessToken, format)).toEqual({
      kind: "note",
      title: "from grpc-web",
    });
  },
);

test.each(FORMATS)(
  "the official client of gRPC-Web is told that a token is missing, in its format: %s",
  async (format) => {
    const outcome = await createNote("no token", undefined, format);
    expect(outcome).toMatchObject({ kind: "error", code: UNAUTHENTICATED });
    const details = outcome.kind === "error" ? outcome.metadata["grpc-status-details-bin"] : undefined;
    expect(atob(details ?? "")).toContain("TOKEN_MISSING");
  },
);

test("the official client of gRPC-Web reads a stream as its messages come", async () => {
  const { accessToken } = await signIn(server.baseUrl);
  await page.evaluate(`page.watchNotes(${JSON.stringify(accessToken)})`);
  for (const title of ["first", "second, which is longer"]) {
    await createNote(title, accessToken, "default");
    await expect.poll(() => page.evaluate("page.titlesHeard().at(-1)")).toBe(title);
  }
});

function createNote(title: string, token: string | undefined, format: Format): Promise<Outcome> {
  // The bundle leaves its exports in the page under this name.
  const args = [title, token, format].map((each) => String(JSON.stringify(each))).join(", ");
  return page.evaluate(`page.createNote(${args})`);
}

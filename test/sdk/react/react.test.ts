import { createSession } from "@countersign/sdk/browser";
import { SessionProvider, useSession } from "@countersign/sdk/react";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { bundlePage, createBrowserKit, launchBrowser } from "../browser/browser-kit.ts";
import { createKit, DEMO } from "../kit.ts";

function Status() {
  const { status } = useSession();
  return createElement("p", undefined, status);
}

test("a page that is rendered on a server is loading, whatever the session is", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  const html = renderToString(createElement(SessionProvider, { session }, createElement(Status)));
  expect(html).toBe("<p>loading</p>");
});

test("a page that is rendered on a server may have a base URL that is relative", () => {
  const session = createSession({ baseUrl: "/" });
  const html = renderToString(createElement(SessionProvider, { session }, createElement(Status)));
  expect(html).toBe("<p>loading</p>");
});

test("says what is missing when there is no provider", () => {
  expect(() => renderToString(createElement(Status))).toThrow(
    new TypeError("useSession needs a SessionProvider above it"),
  );
});

test("row 36: under StrictMode a component follows sign-in, refreshes and sign-out", async () => {
  await using browser = await launchBrowser();
  const script = await bundlePage("react-page.ts");
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: 600_000 });
  const { page, run } = await kit.openTab();
  const button = page.getByRole("button");
  await button.getByText("signed_out 0").waitFor();
  await run(({ session }) => session.signIn({ username: "demo", password: "demo-password" }));
  await button.getByText("signed_in 1").waitFor();
  await run(({ session }) => session.refresh());
  await button.getByText("signed_in 2").waitFor();
  await button.click();
  await button.getByText("signed_out 0").waitFor();
  // The page does not wait for the server to hear of it.
  await eventually(() => kit.server.counts().signOuts || undefined);
  expect(kit.server.counts()).toMatchObject({ signIns: 1, signOuts: 1 });
});

import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { buildRequestListener, listen } from "../../../server/node/src/index.ts";
import { launchBrowser } from "../../support/browser.ts";
import { findFreePort } from "../../support/free-port.ts";
import { createSelfSigned } from "../../support/self-signed.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { ADA, inFolder, serve } from "../create-issuer/own-issuer.ts";

const SERVICE = "/countersign.auth.v1.SessionService";
const TLS = createSelfSigned();

let browser: Awaited<ReturnType<typeof launchBrowser>>;

beforeAll(async () => {
  browser = await launchBrowser({ args: ["--host-resolver-rules=MAP *.example.test 127.0.0.1"] });
});

afterAll(() => browser.close());

/** A host of the same domain, which sets whatever cookie it is asked for. */
async function startSibling() {
  const server = createServer(TLS, (req, res) => {
    const cookie = new URL(req.url ?? "", "https://evil.example.test").searchParams.get("cookie");
    res.writeHead(200, { "content-type": "text/html", "set-cookie": cookie ?? "" }).end("<p>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `https://evil.example.test:${(server.address() as AddressInfo).port}`, // it listens on TCP
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

async function startPage() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const port = await findFreePort();
  const origin = `https://auth.example.test:${port}`;
  const issuer = stack.use(await createIssuer(inFolder(folder.path, { url: origin })));
  await issuer.accounts.create(ADA);
  const listener = await listen(buildRequestListener({ ...serve(issuer).auth }), {
    port,
    tls: TLS,
    allowedHosts: ["auth.example.test"],
  });
  stack.defer(() => listener.close(0));
  const sibling = stack.use(await startSibling());
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  stack.defer(() => context.close());
  const page = await context.newPage();
  await page.route(`${origin}/`, (route) => route.fulfill({ contentType: "text/html", body: "<p>" }));
  await page.goto(`${origin}/`);
  const kept = stack.move();
  const cookies = async () =>
    (await context.cookies()).filter(({ name }) => /countersign_refresh$/.test(name));
  return {
    call: (method: string, body: object, token?: string) => callIn(page, method, { body, token }),
    cookies,
    async plant(cookie: string) {
      const other = await context.newPage();
      await other.goto(`${sibling.origin}/?cookie=${encodeURIComponent(cookie)}`);
      await other.close();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Make a call of the session service from the page. */
function callIn(page: Page, method: string, { body, token }: { body: object; token: string | undefined }) {
  return page.evaluate(
    async ([path, text, authorization]) => {
      const headers = { "content-type": "application/json", ...(authorization && { authorization }) };
      const response = await fetch(path, { method: "POST", body: text, headers });
      const { tokens, code } = await response.json();
      return { status: response.status, code, sessionId: tokens?.sessionId, token: tokens?.accessToken };
    },
    [`${SERVICE}/${method}`, JSON.stringify(body), token === undefined ? "" : `Bearer ${token}`] as const,
  );
}

const SIGN_IN = { password: { username: ADA.username, password: ADA.password }, delivery: "DELIVERY_COOKIE" };
const STOLEN = `csr_${"A".repeat(91)}`;

describe("a cookie that another host of the domain plants in Chromium", () => {
  for (const path of ["/", SERVICE, `${SERVICE}/`, `${SERVICE}/Refresh`]) {
    for (const name of ["__Secure-countersign_refresh", "countersign_refresh"]) {
      test(`as ${name} at ${path} is never used, and goes with the call that it came with`, async () => {
        await using page = await startPage();
        const { sessionId } = await page.call("SignIn", SIGN_IN);
        await page.plant(`${name}=${STOLEN}; Domain=example.test; Path=${path}; Secure`);
        expect(await page.cookies()).toHaveLength(2);
        expect(await page.call("Refresh", {})).toMatchObject({ status: 409, code: "aborted" });
        expect(await page.cookies()).toMatchObject([{ domain: "auth.example.test" }]);
        expect(await page.call("Refresh", {})).toMatchObject({ status: 200, sessionId });
      });
    }
  }

  for (const name of ["\u00a0__Secure-countersign_refresh", "\u00a0countersign_refresh"]) {
    test(`as ${JSON.stringify(name)} is a cookie of another name`, async () => {
      await using page = await startPage();
      await page.plant(`${name}=${STOLEN}; Domain=example.test; Path=/`);
      const { sessionId } = await page.call("SignIn", SIGN_IN);
      expect(await page.cookies()).toHaveLength(2);
      expect(await page.call("Refresh", {})).toMatchObject({ status: 200, sessionId });
    });
  }

  test("goes with a sign-out, as the page's own does", async () => {
    await using page = await startPage();
    const { token } = await page.call("SignIn", SIGN_IN);
    await page.plant(`__Secure-countersign_refresh=${STOLEN}; Domain=example.test; Path=/; Secure`);
    expect(await page.call("SignOut", {}, token)).toMatchObject({ status: 200 });
    expect(await page.cookies()).toEqual([]);
  });
});

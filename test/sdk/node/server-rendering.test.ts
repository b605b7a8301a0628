import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { systemClock } from "@countersign/sdk";
import { createCookieStore, createSession } from "@countersign/sdk/node";
import { SessionProvider } from "@countersign/sdk/react";
import { createFakeServer, type FakeServer } from "@countersign/sdk/testing";
import { createElement as h, Suspense, use } from "react";
import { renderToReadableStream } from "react-dom/server";
import { expect, test } from "vitest";
import { DEMO, LIFETIME_MS } from "../kit.ts";

const SECRET = "a secret of the rendering server's";
const COMPONENTS = 5;

interface Servers extends AsyncDisposable {
  readonly auth: FakeServer;
  /** The address of the server that renders pages. */
  readonly pages: string;
}

/** An auth server with a NotesService, and a server that renders a page of five components that read notes. */
async function startServers(lifetimeMs = LIFETIME_MS): Promise<Servers> {
  const auth = createFakeServer({ clock: systemClock, lifetimeMs });
  const api = createServer(
    connectNodeAdapter({
      routes(router) {
        auth.routes(router);
        router.service(NotesService, {
          getNote({ id }, { requestHeader }) {
            auth.authenticate(requestHeader);
            return { id, title: `note ${id}` };
          },
        });
      },
    }),
  );
  const baseUrl = await listen(api);
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const store = createCookieStore({ cookie: req.headers.cookie, secret: SECRET });
    await using session = createSession({ baseUrl, store });
    if (req.method === "POST") {
      await session.signIn(DEMO);
    }
    if (req.method === "DELETE") {
      await session.signOut();
    }
    const html = req.method === "GET" ? await renderPage(baseUrl, session) : "";
    const cookie = store.setCookie();
    if (cookie !== undefined) {
      res.setHeader("set-cookie", cookie);
    }
    res.end(html);
  };
  const web = createServer((req, res) => void answer(req, res));
  const pages = await listen(web);
  return {
    auth,
    pages,
    async [Symbol.asyncDispose]() {
      for (const server of [api, web]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function renderPage(baseUrl: string, session: ReturnType<typeof createSession>): Promise<string> {
  const interceptors = [session.interceptor];
  const notes = createClient(
    NotesService,
    createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors }),
  );
  const Note = ({ title }: { readonly title: Promise<string> }) => h("li", undefined, use(title));
  const titles = Array.from({ length: COMPONENTS }, (_, index) =>
    notes.getNote({ id: `${index}` }).then(
      ({ title }) => title,
      (error: unknown) => String(error),
    ),
  );
  const list = titles.map((title, key) => h(Note, { title, key }));
  const page = h(SessionProvider, { session }, h(Suspense, undefined, h("ul", undefined, list)));
  const stream = await renderToReadableStream(page);
  await stream.allReady;
  return (await buffer(stream)).toString();
}

/** What a browser does with one answer: the pair that it sends from then on. */
function pairOf(response: Response): string {
  const cookies = response.headers.getSetCookie();
  expect(cookies).toHaveLength(1);
  return cookies[0]?.split(";")[0] ?? "";
}

const ALL_NOTES = Array.from({ length: COMPONENTS }, (_, index) => `<li>note ${index}</li>`).join("");

test("row 40: a page of five components with a refused token makes one refresh and one Set-Cookie", async () => {
  await using servers = await startServers();
  const signedIn = await fetch(servers.pages, { method: "POST" });
  expect(signedIn.headers.get("set-cookie")).toMatch(
    /^__Host-countersign=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure/,
  );
  expect(signedIn.headers.get("set-cookie")).not.toMatch(/access|refresh/);
  let cookie = pairOf(signedIn);
  const fresh = await fetch(servers.pages, { headers: { cookie: `theme=dark; ${cookie}` } });
  expect(fresh.headers.getSetCookie()).toEqual([]);
  expect(await fresh.text()).toContain(ALL_NOTES);

  servers.auth.distrust();
  const page = await fetch(servers.pages, { headers: { cookie } });
  expect(await page.text()).toContain(ALL_NOTES);
  cookie = pairOf(page);
  expect(servers.auth.counts()).toMatchObject({ refreshes: 1, rotations: 1 });

  const next = await fetch(servers.pages, { headers: { cookie } });
  expect(await next.text()).toContain(ALL_NOTES);
  expect(servers.auth.counts().refreshes).toBe(1);
});

test("row 40: a page whose token has expired makes one refresh before its first call", async () => {
  await using servers = await startServers(1);
  let cookie = pairOf(await fetch(servers.pages, { method: "POST" }));
  servers.auth.setLifetimeMs(LIFETIME_MS);
  const page = await fetch(servers.pages, { headers: { cookie } });
  expect(await page.text()).toContain(ALL_NOTES);
  cookie = pairOf(page);
  expect(servers.auth.counts()).toMatchObject({ refreshes: 1, rotations: 1 });
});

test("pages that are asked for side by side with one cookie get one successor", async () => {
  await using servers = await startServers();
  const cookie = pairOf(await fetch(servers.pages, { method: "POST" }));
  servers.auth.distrust();
  const pages = await Promise.all([1, 2, 3].map(() => fetch(servers.pages, { headers: { cookie } })));
  for (const page of pages) {
    expect(await page.text()).toContain(ALL_NOTES);
  }
  expect(servers.auth.counts().rotations).toBe(1);
  for (const page of pages) {
    const next = await fetch(servers.pages, { headers: { cookie: pairOf(page) } });
    expect(await next.text()).toContain(ALL_NOTES);
  }
});

test("a sign-out takes the cookie away", async () => {
  await using servers = await startServers();
  const cookie = pairOf(await fetch(servers.pages, { method: "POST" }));
  const signedOut = await fetch(servers.pages, { method: "DELETE", headers: { cookie } });
  expect(signedOut.headers.get("set-cookie")).toMatch(/^__Host-countersign=; .*Max-Age=0/);
  expect(servers.auth.counts().signOuts).toBe(1);
});

test("a cookie that was forged, cut off, sealed with another secret or sent twice is the same as none", async () => {
  await using servers = await startServers();
  const cookie = pairOf(await fetch(servers.pages, { method: "POST" }));
  const isRead = async (header: string, secret = SECRET) =>
    (await createCookieStore({ cookie: header, secret }).read()) !== undefined;
  expect(await isRead(cookie)).toBe(true);
  for (const forged of [
    cookie.slice(0, -1),
    `${cookie.slice(0, 40)}A${cookie.slice(41)}B`,
    "__Host-countersign=",
    "",
    `${cookie}; ${cookie}`,
    `theme=dark; ${cookie};__Host-countersign=;x=1`,
  ]) {
    expect(await isRead(forged)).toBe(false);
  }
  expect(await isRead(cookie, "another secret of 32 characters…")).toBe(false);
  expect(() => createCookieStore({ cookie, secret: "short" })).toThrow(
    new TypeError("secret needs at least 32 characters"),
  );
});

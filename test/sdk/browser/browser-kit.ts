import { once } from "node:events";
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { systemClock } from "@countersign/sdk";
import { createFakeServer, type FakeServer } from "@countersign/sdk/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { build } from "vite";
import { launchBrowser } from "../../support/browser.ts";
import { createSelfSigned } from "../../support/self-signed.ts";
import type { TabApi } from "./page.ts";

/** One browser with its own storage, and a server that serves the page of the tests. */
export interface BrowserKit extends AsyncDisposable {
  readonly server: FakeServer;
  readonly context: BrowserContext;
  /** Open a tab. `query` switches parts of the browser off. */
  readonly openTab: (query?: string) => Promise<BrowserTab>;
  /** Open a tab that has loaded nothing. */
  readonly openEmptyTab: () => Promise<BrowserTab>;
}

/** One real tab. */
export interface BrowserTab {
  readonly page: Page;
  /** Load the page again, with other parts of the browser switched off. */
  readonly load: (query: string) => Promise<void>;
  /** Run something with the tab's session. */
  readonly run: <T>(script: (tab: TabApi) => T | Promise<T>) => Promise<T>;
}

const HTML = '<!doctype html><title>tab</title><script type="module" src="/page.js"></script>';

/** Build a page of this folder once, as an application's bundler would. */
export async function bundlePage(name = "page.ts"): Promise<string> {
  const entry = fileURLToPath(new URL(name, import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@countersign/source", "browser", "module", "import", "default"] },
    define: { "process.env.NODE_ENV": '"development"' },
    build: { write: false, lib: { entry, formats: ["es"], fileName: "page" }, minify: false },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !("output" in output)) {
    throw new Error("vite built nothing");
  }
  const [chunk] = output.output;
  return chunk.code;
}

/** Start a server and a browser's storage for one test. */
export async function createBrowserKit(browser: Browser, options: BrowserKitOptions): Promise<BrowserKit> {
  const server = createFakeServer({ clock: systemClock, lifetimeMs: options.lifetimeMs });
  const http = await serve(server, options);
  const { port } = http.address() as AddressInfo;
  const connections = new Set<Socket>();
  http.on("connection", (socket: Socket) => connections.add(socket));
  const scheme = options.tls === undefined ? "http" : "https";
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  // A page that a slow machine loads for more than playwright's 30 s fails no test: the test's own time ends one that hangs.
  context.setDefaultTimeout(0);
  const openEmptyTab = async (): Promise<BrowserTab> => {
    const page = await context.newPage();
    const load = async (query: string): Promise<void> => {
      await page.goto(`${scheme}://127.0.0.1:${port}/?${query}`);
      await page.waitForFunction(() => "tab" in globalThis);
    };
    return { page, load, run: (script) => runIn(page, script) };
  };
  return {
    server,
    context,
    openEmptyTab,
    async openTab(query = "") {
      const tab = await openEmptyTab();
      await tab.load(query);
      return tab;
    },
    async [Symbol.asyncDispose]() {
      await context.close();
      for (const socket of connections) {
        socket.destroy();
      }
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** What {@link createBrowserKit} needs. */
export interface BrowserKitOptions {
  /** What {@link bundlePage} built. */
  readonly script: string;
  readonly lifetimeMs: number;
  /** Speak HTTP/1.1 or HTTP/2 over TLS. Default: HTTP/1.1 in plain text. */
  readonly tls?: "http/1.1" | "h2";
}

/** Sign a tab in. */
export function signIn({ run }: BrowserTab): Promise<void> {
  return run(({ session }) => session.signIn({ username: "demo", password: "demo-password" }));
}

/** Start the browser that the tests of one file share. */
export { launchBrowser };

function runIn<T>(page: Page, script: (tab: TabApi) => T | Promise<T>): Promise<T> {
  // The function travels as text: it may use nothing but its parameter.
  return page.evaluate(`(${script.toString()})(globalThis.tab)`);
}

async function serve(server: FakeServer, { script, tls }: BrowserKitOptions): Promise<Server> {
  const rpc = connectNodeAdapter({
    routes(router) {
      server.routes(router);
      router.service(NotesService, {
        getNote({ id }, { requestHeader }) {
          server.authenticate(requestHeader);
          return { id };
        },
        async *watchNotes(_, { requestHeader, signal }) {
          server.authenticate(requestHeader);
          yield { sequence: 1n };
          if (!signal.aborted) {
            await once(signal, "abort");
          }
        },
      });
    },
    fallback(req, res) {
      const isScript = req.url === "/page.js";
      res.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      res.end(isScript ? script : HTML);
    },
  });
  const http =
    tls === undefined
      ? createServer(rpc)
      : tls === "h2"
        ? createSecureServer(createSelfSigned(), rpc)
        : createTlsServer(createSelfSigned(), rpc);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return http;
}

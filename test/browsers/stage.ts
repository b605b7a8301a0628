import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bundleForBrowser } from "../support/bundle.ts";
import { startServer } from "../support/server-process.ts";
import type { DrivenTab } from "./driven-browser.ts";
import type { AccountState } from "./pages/account.ts";

/** A server, and a page of another origin whose users sign in there. */
export interface Stage extends AsyncDisposable {
  /** The page with a session. */
  readonly home: string;
  /** Where the server is. */
  readonly server: string;
  /** The page with a session, by way of a proxy in front of the server. */
  readonly homeBehind: (proxy: string) => string;
  /** A page of a third origin, without scripts. */
  readonly away: string;
}

/** Start a server whose access tokens last for a while. */
export async function startStage(accessTtlMs: number): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const script = await bundleForBrowser(new URL("pages/account.ts", import.meta.url));
  const pages = createServer(({ url }, res) => {
    const isScript = url === "/page.js";
    res.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    res.end(
      isScript ? script : `<!doctype html>${url === "/away" ? "" : '<script src="/page.js"></script>'}`,
    );
  });
  await new Promise<void>((resolve) => void pages.listen(0, "127.0.0.1", resolve));
  stack.defer(() => {
    pages.close();
    pages.closeAllConnections();
  });
  const { port } = pages.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const server = stack.use(
    await startServer({
      args: ["--access-ttl", `${accessTtlMs}ms`, "--clock-tolerance", "0s", "--cors-origins", origin],
      env: { COUNTERSIGN_SIGN_INS_PER_MINUTE: "0" },
    }),
  );
  const kept = stack.move();
  const homeBehind = (proxy: string): string => `${origin}/?server=${encodeURIComponent(proxy)}`;
  return {
    ...{ home: homeBehind(server.baseUrl), server: server.baseUrl, homeBehind },
    away: `http://localhost:${port}/away`,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Sign in to the demo account. */
export async function signIn(tab: DrivenTab): Promise<void> {
  await tab.evaluate("account.signIn()");
}

/** Have the page make a call, and answer with what it looks like after it. */
export async function call(tab: DrivenTab): Promise<AccountState> {
  return (await tab.evaluate("account.call()")) as AccountState;
}

/** Whether a page has its session, in good order, and could make its call. */
export function isSound({ status, degraded, failure }: AccountState): boolean {
  return status === "signed_in" && !degraded && failure == null;
}

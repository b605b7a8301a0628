import type { DrivenTab } from "./driven-browser.ts";

/** A browser that a driver has started, over the WebDriver protocol (W3C); disposing of it closes the browser. */
export interface WebDriver extends AsyncDisposable {
  /** Name and version of the browser. */
  readonly name: string;
  /** The tab that the browser came with first, then new ones. */
  readonly openTab: () => Promise<DrivenTab>;
}

/** Asks a driver for something, under the path of a session. */
type Ask = (method: "GET" | "POST" | "DELETE", path: string, body?: object) => Promise<unknown>;

/** Run the first argument, and hand what comes of it to the last one. */
const EVALUATE = `const [expression, answer] = arguments;
new Promise((resolve) => resolve((0, eval)(expression)))
  .then((value) => answer({ value }), (error) => answer({ error: String(error) }));`;

/**
 * Have a driver start a browser.
 *
 * @param baseUrl where the driver listens
 * @param wishes the capabilities that the browser must have
 */
export async function createWebDriver(baseUrl: string, wishes: object): Promise<WebDriver> {
  const asked = await askOf(baseUrl)("POST", "/session", { capabilities: { alwaysMatch: wishes } });
  const { sessionId, capabilities } = asked as NewSession;
  const ask = askOf(`${baseUrl}/session/${sessionId}`);
  const unused = (await ask("GET", "/window/handles")) as string[];
  return {
    name: `${capabilities.browserName} ${capabilities.browserVersion}`,
    async openTab() {
      const handle = unused.pop();
      if (handle !== undefined) {
        return createTab(ask, handle);
      }
      const opened = (await ask("POST", "/window/new", { type: "tab" })) as { readonly handle: string };
      return createTab(ask, opened.handle);
    },
    async [Symbol.asyncDispose]() {
      await ask("DELETE", "");
    },
  };
}

/** What a driver says of a browser that it has started (W3C WebDriver §8.1). */
interface NewSession {
  readonly sessionId: string;
  readonly capabilities: { readonly browserName: string; readonly browserVersion: string };
}

function createTab(ask: Ask, handle: string): DrivenTab {
  const askHere: Ask = async (...request) => {
    await ask("POST", "/window", { handle });
    return ask(...request);
  };
  return {
    goTo: (url) => askHere("POST", "/url", { url }),
    goBack: () => askHere("POST", "/back", {}),
    reload: () => askHere("POST", "/refresh", {}),
    async evaluate(expression) {
      const answer = await askHere("POST", "/execute/async", { script: EVALUATE, args: [expression] });
      const { value, error } = answer as { readonly value?: unknown; readonly error?: string };
      if (error) {
        throw new Error(error);
      }
      return value;
    },
  };
}

function askOf(baseUrl: string): Ask {
  return async (method, path, body) => {
    const response = await fetch(baseUrl + path, { method, body: body ? JSON.stringify(body) : null });
    const { value } = (await response.json()) as { readonly value: unknown };
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    }
    return value;
  };
}

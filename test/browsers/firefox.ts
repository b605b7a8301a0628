import { once } from "node:events";
import { eventually } from "../support/eventually.ts";
import { startProgram } from "../support/program.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import type { DrivenBrowser, DrivenTab } from "./driven-browser.ts";

/** Asks the browser for something (W3C WebDriver BiDi). */
type Ask = (method: string, params: object) => Promise<unknown>;

/** Start Firefox without a screen, and drive it over WebDriver BiDi, which it speaks by itself. */
export async function launchFirefox(): Promise<DrivenBrowser> {
  await using stack = new AsyncDisposableStack();
  const profile = stack.use(await createTemporaryFolder());
  const args = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile.path];
  const program = stack.use(startProgram({ file: "firefox-esr", args }));
  const listening = () => /WebDriver BiDi listening on (ws:\S+)/.exec(program.output().stderr)?.[1];
  const socket = new WebSocket(`${await eventually(listening)}/session`);
  stack.defer(() => socket.close());
  await once(socket, "open");
  const ask = askOver(socket);
  const { capabilities } = (await ask("session.new", { capabilities: {} })) as NewSession;
  const kept = stack.move();
  return {
    name: `${capabilities.browserName} ${capabilities.browserVersion}`,
    async openTab() {
      const { context } = (await ask("browsingContext.create", { type: "tab" })) as NewContext;
      return createTab(ask, context);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface NewSession {
  readonly capabilities: { readonly browserName: string; readonly browserVersion: string };
}

interface NewContext {
  readonly context: string;
}

/** What comes of a script: text on success. */
interface Evaluated {
  readonly result?: { readonly value?: string };
  readonly exceptionDetails?: { readonly text: string };
}

function createTab(ask: Ask, context: string): DrivenTab {
  const evaluate = async (expression: string): Promise<unknown> => {
    const asked = await ask("script.evaluate", {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify({ value }))`,
      target: { context },
      awaitPromise: true,
    });
    const { result, exceptionDetails } = asked as Evaluated;
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.text);
    }
    return JSON.parse(result?.value ?? "{}").value;
  };
  const wait = "complete";
  return {
    evaluate,
    goTo: (url) => ask("browsingContext.navigate", { context, url, wait }),
    reload: () => ask("browsingContext.reload", { context, wait }),
    async goBack() {
      // Between the two there may be an empty document.
      const isLoaded = `document.readyState === "complete" && location.protocol !== "about:" && location.href`;
      const left = await evaluate(isLoaded);
      await ask("browsingContext.traverseHistory", { context, delta: -1 });
      // The answer does not wait for the page, and neither of the two can be asked in between.
      await eventually(async () => {
        const shown = await evaluate(isLoaded).catch(() => false);
        return (shown !== false && shown !== left) || undefined;
      });
    },
  };
}

function askOver(socket: WebSocket): Ask {
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error, message } = JSON.parse(data);
    if (error === undefined) {
      asked.get(id)?.resolve(result);
    } else {
      asked.get(id)?.reject(new Error(`${error}: ${message}`));
    }
    asked.delete(id);
  });
  let lastId = 0;
  return (method, params) => {
    const answer = Promise.withResolvers<unknown>();
    lastId += 1;
    asked.set(lastId, answer);
    socket.send(JSON.stringify({ id: lastId, method, params }));
    return answer.promise;
  };
}

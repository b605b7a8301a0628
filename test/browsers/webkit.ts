import { globSync } from "node:fs";
import { eventually } from "../support/eventually.ts";
import { findFreePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import type { DrivenBrowser } from "./driven-browser.ts";
import { createWebDriver } from "./web-driver.ts";

/** Where Debian's package webkit2gtk-driver brings the browser that it drives. */
const MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser";

/** Start WebKitGTK's MiniBrowser on a screen in memory. */
export async function launchWebKit(): Promise<DrivenBrowser> {
  await using stack = new AsyncDisposableStack();
  const [binary] = globSync(MINI_BROWSERS).sort().reverse();
  const screen = stack.use(startProgram({ file: "Xvfb", args: ["-displayfd", "1", "-nolisten", "tcp"] }));
  const [, display] = await screen.untilPrinted(/^(\d+)\n/);
  const port = await findFreePort();
  const env = { DISPLAY: `:${display}` };
  stack.use(startProgram({ file: "WebKitWebDriver", args: [`--port=${port}`], env }));
  const baseUrl = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${baseUrl}/status`).catch(() => undefined));
  const options = { binary, args: ["--automation"] };
  const { name, openTab } = stack.use(
    await createWebDriver(baseUrl, { "webkitgtk:browserOptions": options }),
  );
  const kept = stack.move();
  return { name, openTab, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

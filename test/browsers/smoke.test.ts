import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { installDebian } from "../support/install-debian.ts";
import { launchFirefox } from "./firefox.ts";
import { openHome } from "./in-each-browser.ts";
import { call, isSound, signIn, startStage } from "./stage.ts";

const isThere = installDebian(() => existsSync("/usr/bin/firefox-esr"), ["firefox-esr"]);
const need = isThere ? "" : " (skipped: it needs Firefox, apt-get install firefox-esr)";

// Of what `npm run test:browsers` tries, what most users of a page do.
test.skipIf(!isThere)(`Firefox keeps a session over a reload, for two tabs${need}`, async () => {
  await using stack = new AsyncDisposableStack();
  const [stage, browser] = await Promise.all([startStage(600_000), launchFirefox()]);
  stack.use(stage);
  stack.use(browser);
  const first = await openHome({ browser, stage });
  await signIn(first);
  await first.reload();
  const second = await openHome({ browser, stage });
  for (const tab of [first, second]) {
    await tab.evaluate("account.session.ready");
    expect(isSound(await call(tab))).toBe(true);
  }
  await first.evaluate("account.session.signOut()");
  const { status } = await call(second);
  expect(status).toBe("signed_out");
});

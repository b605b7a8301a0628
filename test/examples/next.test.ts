import { expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { findFreePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { installExample, succeed } from "./install-example.ts";

const NEXT = ["start.mjs", "node_modules/.bin/next", "start", "--hostname", "127.0.0.1"];

test("next-app-router renders pages with the calls of their user, whose token is replaced in the cookie", async () => {
  await using folder = await installExample("next-app-router");
  const cwd = folder.path;
  const port = String(await findFreePort());
  const path = `${cwd}/node_modules/.bin:${process.env.PATH}`;
  const secret = "a-secret-of-the-test-of-32-letters-or-more";
  const env = { PORT: port, PATH: path, COOKIE_SECRET: secret, NEXT_TELEMETRY_DISABLED: "1" };
  await succeed({ file: "npm", args: ["run", "build"], cwd, env });
  await using server = startProgram({ file: process.execPath, args: NEXT, cwd, env });
  // A signal that it cannot pass on would leave its programs running.
  await using _stopped = { [Symbol.asyncDispose]: async () => void (await server.end("SIGTERM")) };
  await server.untilPrinted(/Ready in/);

  await using browser = await launchBrowser();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}`);
  const signIn = async (password: string) => {
    await page.getByLabel("Name").fill("demo");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  await signIn("wrong");
  await page.getByText("Wrong name or password.").waitFor();
  await signIn("demo-password");
  await page.getByLabel("Note").fill("Milk");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("listitem").getByText("Milk").waitFor();

  const readCookie = async () => (await page.context().cookies()).map(({ value }) => value).join();
  const before = await readCookie();
  const reload = async () => {
    await page.reload();
    return readCookie();
  };
  await expect.poll(reload).not.toBe(before);
  await page.getByRole("listitem").getByText("Milk").waitFor();

  const forged = await fetch(`http://127.0.0.1:${port}/session`, {
    method: "POST",
    headers: { origin: "https://attacker.example" },
    body: new URLSearchParams({ action: "sign-out" }),
  });
  expect(forged.status).toBe(403);
  await reload();
  const earlier = await page.context().cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await readCookie()).toBe("");
  // A tab that still has the cookie learns that its session was revoked.
  await page.context().addCookies(earlier);
  await page.reload();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
});

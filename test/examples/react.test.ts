import { expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { findFreePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { installExample, succeed } from "./install-example.ts";

test("react-connect-query signs users in, keeps them over a reload, and shows none what another has read", async () => {
  await using folder = await installExample("react-connect-query");
  const cwd = folder.path;
  await succeed({ file: "npm", args: ["run", "build"], cwd });
  const env = { PORT: String(await findFreePort()) };
  await using server = startProgram({ file: process.execPath, args: ["server.ts"], cwd, env });
  const [, origin = ""] = await server.untilPrinted(/^Open (.*), and sign in/m);
  await using browser = await launchBrowser();
  const page = await browser.newPage();
  await page.goto(origin);
  const signIn = async (username: string, password: string) => {
    await page.getByLabel("Name").fill(username);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  };

  await signIn("ada", "wrong");
  await page.getByText("Wrong name or password.").waitFor();
  await signIn("ada", "ada-password");
  await page.getByLabel("To do").fill("Milk");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("listitem").getByText("Milk").waitFor();
  await page.reload();
  await page.getByRole("listitem").getByText("Milk").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Only admins may do that.").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn("ben", "ben-password");
  await page.getByLabel("To do").fill("Bread");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("listitem").getByText("Bread").waitFor();
  expect(await page.getByRole("listitem").allTextContents()).toEqual(["Bread"]);
  expect(await server.end("SIGTERM")).toMatchObject({ code: 0 });
});

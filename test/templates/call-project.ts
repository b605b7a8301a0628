import type { Browser, Page } from "playwright-core";
import { SERVICE_CLIENT } from "./greeting-provider.ts";
import { type MadeProject, startScript, succeed } from "./made-project.ts";

/** Call a project as its own client does. Resolves to what a user is shown of both calls. */
export async function callProject(project: MadeProject, browser: Browser): Promise<string> {
  const { client } = project.choices;
  if (client === "node") {
    const printed = await succeed("npm", ["run", "--silent", "call"], project.folder);
    return printed.trim().replace("\n", ", ");
  }
  return client === "none" ? callWithoutClient(project) : callFromPage(project, browser);
}

/** As with curl: a call without a token, and one with a token. */
async function callWithoutClient(project: MadeProject): Promise<string> {
  const stranger = await post(`${project.address}/greet.v1.GreetService/Greet`, {}, { greeting: "Hello" });
  const headers = { authorization: `Bearer ${await findToken(project)}` };
  const { text } = await post(`${project.address}/greet.v1.GreetService/Greet`, headers, {
    greeting: "Hello",
  });
  const refused = await post(`${project.address}/greet.v1.GreetService/Announce`, headers, { text: "Lunch" });
  return [stranger.code, text, refused.code].join(", ");
}

async function post(url: string, headers: object, body: object) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as {
    readonly text?: string;
    readonly code?: string;
    readonly tokens?: { readonly accessToken: string };
  };
}

async function findToken({ address, choices, settings }: MadeProject): Promise<string> {
  if (choices.issuer === "built-in") {
    const password = { username: "demo", password: settings.DEMO_PASSWORD };
    const url = `${address}/countersign.auth.v1.SessionService/SignIn`;
    return (await post(url, {}, { password })).tokens?.accessToken ?? "";
  }
  const { id, secret } = SERVICE_CLIENT;
  const response = await fetch(`${choices.issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  return ((await response.json()) as { readonly access_token: string }).access_token;
}

async function callFromPage(project: MadeProject, browser: Browser): Promise<string> {
  const needsVite = project.page !== project.address;
  await using _ = needsVite ? await startScript(project, "page", /ready in/) : undefined;
  const page = await browser.newPage();
  try {
    return await tryPage(project, page);
  } finally {
    await page.close();
  }
}

/** Sign in, read the greeting, be refused the announcement, and sign out. */
async function tryPage({ page: url, choices, settings }: MadeProject, page: Page): Promise<string> {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  if (choices.issuer === "built-in") {
    await page.getByLabel("User name").fill("demo");
    await page.getByLabel("Password").fill(settings.DEMO_PASSWORD ?? "");
    await page.getByRole("button", { name: "Sign in" }).click();
  } else {
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("input[name=login]").fill("ada");
    await page.locator("input[name=password]").fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
  }
  const greeting = page.getByRole("status").filter({ hasText: "Hello" });
  const text = await greeting.textContent();
  await page.getByRole("button", { name: "Announce lunch" }).click();
  const refusal = await page
    .getByRole("status")
    .filter({ hasText: /^[A-Z_]+$/ })
    .textContent();
  await page.reload();
  await greeting.waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  return [text, refusal, ...errors].join(", ");
}

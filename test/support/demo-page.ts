import type { Browser, Page } from "playwright-core";

/** On a busy machine a token of two seconds may expire on its way. The SDK repeats the call; Chromium logs it. */
const LATE_TOKEN = /^Failed to load resource: .* 401 /;

/** The web demo with cookies and a store of its own; disposing of it closes it. */
export interface DemoPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the page, late tokens left out. */
  readonly complaints: readonly string[];
}

/** Open the demo as a stranger would, and note everything that the page complains about. */
export async function openDemoPage(browser: Browser, baseUrl: string): Promise<DemoPage> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const isComplaint = message.type() === "error" || message.type() === "warning";
    if (isComplaint && !LATE_TOKEN.test(message.text())) {
      complaints.push(message.text());
    }
  });
  await page.goto(baseUrl);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Sign in to the account that reads and writes notes, and wait for the live feed. */
export async function signInAsDemo(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^demo / }).click();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Notes", exact: true }).waitFor();
  await page.getByRole("status", { name: "Feed status" }).getByText("Live").waitFor();
}

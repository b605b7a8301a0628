import { existsSync } from "node:fs";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";

const KNOWN_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * Start a real Chromium: the one of CHROMIUM_PATH, the machine's, or playwright's.
 *
 * `await using browser = await launchBrowser()` closes it.
 */
export function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  const { CHROMIUM_PATH } = process.env;
  const executablePath = CHROMIUM_PATH ?? KNOWN_PLACES.find(existsSync) ?? chromium.executablePath();
  // Chromium refuses to run as root inside its own sandbox; containers of continuous integration are root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ ...options, executablePath, args: [...args, ...(options.args ?? [])] });
}

import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";
import { launchWebKit } from "./webkit.ts";

/** The browsers that the tests of this folder drive. */
export const BROWSERS = [
  { name: "WebKit", launch: launchWebKit },
  { name: "Firefox", launch: launchFirefox },
  { name: "Chromium", launch: launchChromium },
] as const;

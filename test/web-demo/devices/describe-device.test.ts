import { expect, test } from "vitest";
import { describeDevice } from "../../../web-demo/src/devices/describe-device.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const CASES = [
  ["", "An unknown device"],
  ["Lost phone", "Lost phone"],
  ["curl/8.14.1", "curl"],
  ["countersign-sdk/0.1.0 node/26.10.0", "countersign-sdk"],
  [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/150.0.0.0 Safari/537.36`, "Chrome on Linux"],
  [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/150.0.0.0 Safari/537.36 Edg/150.0`, "Edge on Windows"],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0",
    "Firefox on macOS",
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) ${WEBKIT} Version/26.0 Safari/604.1`,
    "Safari on iOS",
  ],
  ["Mozilla/5.0 (something new)", "A browser"],
] as const;

test.each(CASES)("calls %j %s", (device, name) => {
  expect(describeDevice(device)).toBe(name);
});

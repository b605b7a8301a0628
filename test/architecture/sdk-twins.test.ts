import { expect, test } from "vitest";
import { type Clock as SdkClock, systemClock as sdkClock } from "../../sdk/src/core/clock.ts";
import { type Clock as ServerClock, systemClock } from "../../server/gate/src/kernel/clock.ts";
import { readSources } from "./source-tree.ts";

// The SDK and the server meet in generated code only. What else they have to agree on stands once in each.

const CONSTANT = /^const (?<name>[A-Z_]+) = "(?<value>[^"]+)";$/gm;

/** Read the constants of these names, wherever a package has them. */
function constantsOf(pattern: string, names: readonly string[]): readonly string[] {
  return readSources([pattern])
    .flatMap(({ text }) => [...text.matchAll(CONSTANT)])
    .filter(({ groups }) => names.includes(groups?.name ?? ""))
    .map(({ groups }) => `${groups?.name} = ${groups?.value}`)
    .sort();
}

test("the SDK and the server call the headers of streams the same", () => {
  const names = ["STREAM_ID_HEADER", "EXPIRES_IN_HEADER", "OWNER_HEADER", "DRAIN_TRAILER"];
  const ofServer = constantsOf("server/gate/src/**/*.ts", names);
  expect(ofServer).toHaveLength(names.length);
  expect(constantsOf("sdk/src/core/**/*.ts", names)).toEqual(ofServer);
});

test("the SDK and the server have the same stand-in for Headers", () => {
  const [ofSdk, ofServer] = readSources(["{sdk,server/node}/src/**/lazy-headers.ts"]);
  expect(ofServer?.text).toContain("export const LazyHeaders");
  expect(ofSdk?.text).toBe(ofServer?.text);
});

test("the SDK and the server have clocks of one shape: a test can hand the same to both", () => {
  const forSdk: SdkClock = systemClock satisfies ServerClock;
  const forServer: ServerClock = sdkClock satisfies SdkClock;
  expect(Object.keys(forSdk).sort()).toEqual(Object.keys(forServer).sort());
});

import { afterAll, describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { absoluteTargets, badHosts, badTargets, goodHosts, toBytes, toFields } from "./host-cases.ts";
import { type RawOutcome, type RawTarget, sendBytes, sendFields } from "./send-raw.ts";
import { ADAPTERS, type AdapterName, type GuardWay, NODES, startAdapters } from "./start-adapters.ts";

const ways: readonly GuardWay[] = ["spread", "guarded"];
const methods = ["GET", "POST", "OPTIONS"];

const CALL = "/test.v1.EchoService/Call";

/** Requests of HTTP/1.1 that name no host, or too many. */
const hostless: Readonly<Record<string, string>> = {
  "no host": toBytes({ hosts: [] }),
  "no host in HTTP/1.0": toBytes({ hosts: [], version: "1.0" }),
  "a bad host in HTTP/1.0": toBytes({ hosts: ["["], version: "1.0" }),
  "a bad host in HTTP/1.1 that calls itself 2.0": toBytes({ hosts: ["["], version: "2.0" }),
  "two hosts": toBytes({ hosts: ["a", "b"] }),
  "a host twice": toBytes({ hosts: ["a", "a"] }),
  "a bad host behind a good one": toBytes({ hosts: ["a", "["] }),
  "a good host behind a bad one": toBytes({ hosts: ["[", "a"] }),
  "a bad host and 100-continue": toBytes({ hosts: ["["], fields: [["expect", "100-continue"]] }),
  "a bad host with GET": toBytes({
    hosts: ["["],
    method: "GET",
    target: `${CALL}?connect=v1&encoding=json&message=%7B%7D`,
  }),
  "a bad host and an upgrade": toBytes({ hosts: ["["], fields: [["upgrade", "websocket"]] }),
};

for (const [nodeName, node] of Object.entries(NODES)) {
  for (const way of ways) {
    describe(`hosts and targets on ${nodeName}, ${way}`, async () => {
      const adapters = await startAdapters(way, node);
      afterAll(() => adapters[Symbol.asyncDispose]());

      for (const [name, { versions, isSecure }] of Object.entries(ADAPTERS)) {
        const target = { port: adapters.ports[name as AdapterName], isSecure }; // a key of the table
        // An adapter alone knows no such path, and says so.
        const unserved = name === "listen" || way === "guarded" ? [400] : [400, 404];
        for (const version of notEmpty(versions)) {
          describe(`${name} over HTTP/${version}`, () => {
            if (version === 1) {
              overHttp1(target, unserved);
            } else {
              overHttp2(target, unserved);
            }
            test("says nothing of it on its standard error, which strangers could fill", () => {
              expect(adapters.program.output().stderr).toBe("");
            });
          });
        }
      }
    });
  }
}

function overHttp1(target: RawTarget, unserved: readonly number[]): void {
  test("a bad host is answered with 400", async () => {
    const send = (host: string) => sendBytes(target, toBytes({ hosts: [host] }));
    expect(await others(badHosts, send, [400])).toEqual({});
  });
  test("a missing, second or hidden host is answered with 400, and a version that is none with 505", async () => {
    expect(await others(hostless, (bytes) => sendBytes(target, bytes), [400, 505])).toEqual({});
  });
  for (const method of methods) {
    test(`a bad target reaches no handler with ${method}`, async () => {
      const send = (path: string) => sendBytes(target, toBytes({ hosts: ["a"], target: path, method }));
      expect(await others(byName(badTargets), send, unserved)).toEqual({});
    });
  }
  test("a target that names a host of its own is answered with 400", async () => {
    const query = "?connect=v1&encoding=json&message=%7B%7D";
    for (const [method, end] of [["POST", ""] as const, ["GET", query] as const]) {
      const send = (path: string) => sendBytes(target, toBytes({ hosts: ["a"], target: path + end, method }));
      expect(await others(byName(absoluteTargets), send, unserved)).toEqual({});
    }
  });
  test("a good host is answered", async () => {
    const send = (host: string) => sendBytes(target, toBytes({ hosts: [host] }));
    expect(await others(byName(goodHosts), send, [200])).toEqual({});
  });
}

function overHttp2(target: RawTarget, unserved: readonly number[]): void {
  // Some of these Node itself resets.
  const refused: readonly RawOutcome[] = [400, "reset"];
  test("a bad authority is refused", async () => {
    const send = (host: string) => sendFields(target, toFields(host));
    expect(await others(badHosts, send, refused)).toEqual({});
  });
  test("a bad host without an authority is refused", async () => {
    const send = (host: string) => sendFields(target, toFields(undefined, { fields: [["host", host]] }));
    expect(await others(badHosts, send, refused)).toEqual({});
  });
  test("a host beside an authority that is another is answered with 400", async () => {
    const send = (host: string) => sendFields(target, toFields("a.example", { fields: [["host", host]] }));
    expect(await others(byName(["b.example", "a.example:81", "[", "a"]), send, [400])).toEqual({});
  });
  test("a host beside an authority that is the same is answered", async () => {
    const send = (host: string) => sendFields(target, toFields("a.example", { fields: [["host", host]] }));
    expect(await others(byName(["a.example", "A.Example", "a.example:80"]), send, [200])).toEqual({});
  });
  test("neither authority nor host is refused", async () => {
    expect(refused).toContain(await sendFields(target, toFields(undefined)));
  });
  test("a bad authority with 100-continue is answered with 400", async () => {
    const fields = toFields("[", { fields: [["expect", "100-continue"]] });
    expect(await sendFields(target, fields)).toBe(400);
  });
  test("a bad target reaches no handler", async () => {
    const send = (path: string) => sendFields(target, toFields("a", { target: path }));
    expect(await others(byName(badTargets), send, [...unserved, "reset"])).toEqual({});
  });
  test("a good authority is answered", async () => {
    const send = (host: string) => sendFields(target, toFields(host));
    expect(await others(byName(goodHosts), send, [200])).toEqual({});
  });
}

/** Send one case after the other; answers those that came to another end than any of the expected ones. */
async function others<T>(
  cases: Readonly<Record<string, T>>,
  send: (each: T) => Promise<RawOutcome>,
  expected: readonly RawOutcome[],
): Promise<Record<string, RawOutcome>> {
  const found: Record<string, RawOutcome> = {};
  for (const [name, each] of Object.entries(cases)) {
    const outcome = await send(each);
    if (!expected.includes(outcome)) {
      found[name] = outcome;
    }
  }
  return found;
}

function byName(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

import { describe, expect, test } from "vitest";
import { createKeyReport } from "../../../server/gate/src/keys/key-report.ts";

const setUp = () => {
  const lines: string[] = [];
  return { lines, report: createKeyReport("https://idp.example", (line) => lines.push(line)) };
};

describe("the report on the keys of an issuer (S5)", () => {
  test("has one line for a failure, however often it is seen, and one for its end", () => {
    const { lines, report } = setUp();
    expect(report.failure).toBeUndefined();
    for (let at = 0; at < 100; at += 1) {
      report.failed(new Error("https://idp.example/jwks was answered with status 503"));
    }
    const line =
      "issuer https://idp.example: its keys cannot be fetched: https://idp.example/jwks was answered with status 503";
    expect(lines).toEqual([line]);
    expect(report.failure).toBe(
      "its keys cannot be fetched: https://idp.example/jwks was answered with status 503",
    );
    report.succeeded();
    report.succeeded();
    expect(lines).toEqual([line, "issuer https://idp.example: its keys can be fetched again"]);
    expect(report.failure).toBeUndefined();
    report.failed(new Error("https://idp.example/jwks was answered with status 503"));
    expect(lines).toHaveLength(3);
  });

  test("has a line for another failure of an outage, not for two in turn, and no more than eight", () => {
    const { lines, report } = setUp();
    for (let at = 0; at < 100; at += 1) {
      report.failed(new Error(at % 2 === 0 ? "timeout" : "status 503"));
    }
    expect(lines).toHaveLength(2);
    expect(report.failure).toBe("its keys cannot be fetched: status 503");
    for (let at = 0; at < 100; at += 1) {
      report.failed(new Error(`status ${at}`));
    }
    expect(lines).toHaveLength(8);
    expect(report.failure).toBe("its keys cannot be fetched: status 99");
  });

  test("has a line for an oddity, once, and no more than eight", () => {
    const { lines, report } = setUp();
    for (let at = 0; at < 100; at += 1) {
      report.odd("a key without kid is too weak");
    }
    expect(lines).toEqual(["issuer https://idp.example: a key without kid is too weak"]);
    for (let at = 0; at < 100; at += 1) {
      report.odd(`the key ${at} is too weak`);
    }
    expect(lines).toHaveLength(8);
  });
});

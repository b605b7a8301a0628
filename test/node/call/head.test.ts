import type { IncomingHttpHeaders } from "node:http";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { createHeadReader } from "../../../server/node/src/call/head.ts";

const readHead = createHeadReader([compressionGzip, compressionBrotli]);

/** The least that a reader takes. */
const GRPC = { "content-type": "application/grpc" };
const CONNECT = { "content-type": "application/json" };

describe("the header of a unary call", () => {
  it("says what the answer begins with, whatever the call comes to", () => {
    expect(readHead({ ...GRPC, "grpc-timeout": "2S", "content-length": "12" })).toEqual({
      protocol: "grpc",
      isBinary: true,
      timeoutMs: 2000,
      compression: null,
      contentLength: 12,
      defaultHeader: { "content-type": "application/grpc+proto" },
      defaultTrailer: { "grpc-status": "0" },
    });
    expect(readHead(CONNECT)).toMatchObject({
      protocol: "connect",
      isBinary: false,
      defaultHeader: { "content-type": "application/json" },
      defaultTrailer: {},
    });
  });

  it("says how the answer is compressed, in gRPC before it is", () => {
    expect(readHead({ ...GRPC, "grpc-accept-encoding": "identity,br" })).toMatchObject({
      compression: compressionBrotli,
      defaultHeader: { "grpc-encoding": "br" },
    });
    const again = readHead({ ...GRPC, "grpc-accept-encoding": "identity,br", "grpc-timeout": "1S" });
    expect(again?.defaultHeader).toBe(
      readHead({ ...GRPC, "grpc-accept-encoding": "br,identity" })?.defaultHeader,
    );
    const head = readHead({ ...CONNECT, "accept-encoding": "gzip, br" });
    expect(head?.compression).toBe(compressionGzip);
    expect(head?.defaultHeader).toEqual({ "content-type": "application/json" });
  });

  const unusual: Readonly<Record<string, IncomingHttpHeaders>> = {
    "no content type": {},
    "a content type with a parameter": { "content-type": "application/json; charset=utf-8" },
    "a compressed request": { ...CONNECT, "content-encoding": "gzip" },
    "a deadline that is none": { ...GRPC, "grpc-timeout": "soon" },
    "a deadline of nothing": { ...CONNECT, "connect-timeout-ms": "0" },
    "a deadline of more than 24 days": { ...GRPC, "grpc-timeout": "600H" },
    "a deadline that stands twice": { ...GRPC, "grpc-timeout": ["1S", "2S"] },
    "a length that is none": { ...GRPC, "content-length": "-1" },
    "an expectation": { ...GRPC, expect: "100-continue" },
  };
  for (const [name, header] of Object.entries(unusual)) {
    it(`is for Connect's own handler: ${name}`, () => {
      expect(readHead(header)).toBeUndefined();
    });
  }
});

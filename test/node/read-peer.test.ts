import { describe, expect, it } from "vitest";
import type { HttpRequest } from "../../server/node/src/handler.ts";
import { createPeerQuestion, createPeerReader, readPeer } from "../../server/node/src/read-peer.ts";

function peerOf(remoteAddress: string, forwarded?: string, isBehindProxy = forwarded !== undefined): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  // The only parts of a request that are read.
  return readPeer({ headers, socket: { remoteAddress } } as unknown as HttpRequest, { isBehindProxy });
}

describe("where a request comes from", () => {
  const addresses = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["2001:db8:1:2:3:4:192.0.2.7", "2001:db8:1:2::/64"],
    ["", ""],
  ] as const;
  for (const [address, network] of addresses) {
    it(`is ${network || "nowhere"} for ${address || "a connection that is gone"}`, () => {
      expect(peerOf(address)).toBe(network);
    });
  }

  it("is the connection, whatever a stranger writes into X-Forwarded-For", () => {
    expect(peerOf("192.0.2.7", "198.51.100.1", false)).toBe("192.0.2.7");
  });

  const forwarded = [
    ["198.51.100.1", "198.51.100.1"],
    ["6.6.6.6, 198.51.100.1", "198.51.100.1"],
    ["6.6.6.6,198.51.100.1:4711", "198.51.100.1"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"],
    ["198.51.100.1, unknown", "192.0.2.7"],
    ["", "192.0.2.7"],
  ] as const;
  for (const [header, network] of forwarded) {
    it(`is ${network} behind a proxy that writes "${header}"`, () => {
      expect(peerOf("192.0.2.7", header)).toBe(network);
    });
  }

  /** Over HTTP/2 Node throws when the connection of a request is over. */
  const gone = {
    headers: {},
    get socket(): never {
      throw new Error("the session is gone");
    },
  } as unknown as HttpRequest; // the only parts of a request that are read

  it("is nowhere when the connection is gone by now", () => {
    expect(readPeer(gone, { isBehindProxy: true })).toBe("");
    expect(createPeerReader(createPeerQuestion({}))(gone)).toBe("");
  });

  it("is the connection when the application's own function throws, and the application learns why", () => {
    const reported: unknown[] = [];
    const fault = new Error("no such header");
    const ask = createPeerQuestion({
      peerOf: () => {
        throw fault;
      },
      onError: (error) => reported.push(error),
    });
    const peerOf = createPeerReader(ask);
    const request = { headers: {}, socket: { remoteAddress: "192.0.2.7" } } as unknown as HttpRequest;
    expect(peerOf(request)).toBe("192.0.2.7");
    expect(reported).toEqual([fault]);
    expect(createPeerReader(() => "tenant")(request)).toBe("tenant");
  });
});

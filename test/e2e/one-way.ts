/**
 * The tests of the whole system that run on one of the server's two ways for unary calls, each with the reason why the
 * other way cannot answer differently there. All other files of this folder run on both.
 */
export const ONE_WAY: Readonly<Record<string, string>> = {
  "setup.test.ts": "it is about how the project is set up: no call is made",
  "policy-removal.test.ts": "the server does not start: the policies are read before a way is chosen",
  "hub-outage.test.ts":
    "its API runs in the process of the test, and the hub is watched over a stream, which has one way",
  "kill.test.ts": "it is about what the store has kept: the handler returns after the commit, on both ways",
  "oauth-clients.test.ts": "it calls the OAuth endpoints, which are not RPC",
  "oauth-federated.test.ts": "it calls the OAuth endpoints, which are not RPC",
  "openid-client.test.ts": "it calls the OAuth endpoints, which are not RPC",
  "rate-limits.test.ts":
    "it waits for limits that stand in the issuer and the gate; how a refusal leaves is compared in differential/",
  "second-origin.test.ts": "its API runs in the process of the test, which never leaves the fast path",
  "streams-browser.test.ts":
    "streams have one way; streams.test.ts renews them over gRPC-Web on both, web-demo.test.ts in a page",
  "web-demo-outage.test.ts": "it is about what the page shows while no server answers",
  "web-demo-timeline.test.ts": "it is about what the page draws of a stream, and streams have one way",
};

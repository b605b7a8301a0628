/** What clients on Node speak to the server: Connect over HTTP/1.1, on which there is no native gRPC. */
export const PROTOCOL = { protocol: "connect", httpVersion: "1.1" } as const;

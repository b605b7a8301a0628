/** What clients on Node speak to the server: gRPC over HTTP/2. */
export const PROTOCOL = { protocol: "grpc", httpVersion: "2" } as const;

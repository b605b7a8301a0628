import { expect, test } from "vitest";
import { resolveTlsOptions } from "../../server/node/src/tls-options.ts";
import { createSelfSigned } from "../support/self-signed.ts";

const server = createSelfSigned();

test.each([
  ["an empty text", ""],
  ["an empty file", Buffer.alloc(0)],
  ["an empty list", []],
  ["a list with an empty text", [server.cert, ""]],
  ["what is no certificate", "garbage"],
])("an authority that is %s is refused at the start: Node would take the web's", (_, ca) => {
  expect(() => resolveTlsOptions({ ...server, ca })).toThrow(
    new TypeError("tls.ca must be one certificate or more, in PEM"),
  );
});

test("certificates are taken as a text, a file or a list", () => {
  const { cert } = server;
  for (const ca of [cert, Buffer.from(cert), [cert, cert], `${cert}\n${cert}`]) {
    expect(resolveTlsOptions({ ...server, ca })).toMatchObject({ ca, requestCert: true });
  }
});

import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createCertificateSource } from "../../../server/gate/src/binding/certificate-reader.ts";
import type { CertifiedRequest } from "../../../server/gate/src/binding/connection-certificate.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createAuthority } from "../../support/self-signed.ts";

const ca = createAuthority("clients");
const ada = new X509Certificate(ca.issue("ada", { uri: ["spiffe://acme.example/ada"] }).cert);
const eve = new X509Certificate(ca.issue("eve").cert);
const encoded = `:${ada.raw.toString("base64")}:`;
const thumbprintOf = ({ fingerprint256 }: X509Certificate): string =>
  Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url");

const options = { header: "Client-Cert", proxies: ["10.0.0.0/8", "fd00::/8", "192.0.2.7"] };

/** A request from a proxy, with what it says of its client. */
function from(remoteAddress: string | undefined, ...values: readonly string[]): CertifiedRequest {
  const getPeerX509Certificate = () => eve;
  return {
    rawHeaders: ["Host", "a", ...values.flatMap((value) => ["client-CERT", value])],
    socket: { remoteAddress, authorized: true, getPeerX509Certificate },
  };
}

describe("the header Client-Cert (RFC 9440)", () => {
  const { read, header } = createCertificateSource(options);

  test("says which certificate the client of a proxy has, and no name of it", () => {
    expect(header).toBe("client-cert");
    expect(read(from("10.1.2.3", encoded))).toMatchObject({
      thumbprint: thumbprintOf(ada),
      isVerified: false,
      subject: undefined,
      san: { uri: [] },
    });
    expect(read(from("10.1.2.3", ` ${encoded} `))?.thumbprint).toBe(thumbprintOf(ada));
  });

  test("says its names where the proxy verifies certificates", () => {
    const verifying = createCertificateSource({ ...options, areVerified: true });
    expect(verifying.read(from("10.1.2.3", encoded))).toMatchObject({
      isVerified: true,
      subject: "CN=ada",
      san: { uri: ["spiffe://acme.example/ada"] },
    });
  });

  test.each(notEmpty(["10.255.0.1", "::ffff:10.0.0.1", "fd12::1", "192.0.2.7"]))(
    "counts from the proxy at %s, whose own certificate does not",
    (address) => {
      expect(read(from(address, encoded))?.thumbprint).toBe(thumbprintOf(ada));
      expect(read(from(address))).toBeUndefined();
    },
  );

  test.each(notEmpty(["11.0.0.1", "127.0.0.1", "::1", "fe00::1", "192.0.2.8", "10.0.0", "", undefined]))(
    "counts for nothing from %s: the connection has the certificate",
    (address) => {
      expect(read(from(address, encoded))?.thumbprint).toBe(thumbprintOf(eve));
    },
  );

  const der = ada.raw;
  const hostile: Readonly<Record<string, readonly string[]>> = {
    "that stands twice": [encoded, encoded],
    "of two proxies": [`${encoded}, ${encoded}`],
    "with a second item behind it": [`${encoded},`],
    "with a parameter": [`${encoded};a=1`],
    "without colons": [der.toString("base64")],
    "in base64url": [`:${Buffer.from([0xfb, 0xff, ...der]).toString("base64url")}:`],
    "in percent signs, as of nginx": [encodeURIComponent(ada.toString())],
    "in PEM": [ada.toString().replaceAll("\n", " ")],
    "that is empty": [""],
    "that is an empty certificate": ["::"],
    "that is no certificate": [`:${Buffer.from("no certificate").toString("base64")}:`],
    "that is PEM in base64": [`:${Buffer.from(ada.toString()).toString("base64")}:`],
    "with bytes behind the certificate": [`:${Buffer.concat([der, der]).toString("base64")}:`],
    "that is cut off": [`:${der.subarray(0, -1).toString("base64")}:`],
    "that is too long": [`:${Buffer.concat([der, Buffer.alloc(20_000)]).toString("base64")}:`],
    "with a space in it": [`: ${encoded.slice(1)}`],
    "with bits behind its end": [":MDB:"],
  };
  test.each(notEmpty(Object.entries(hostile)))("%s is refused", (_, values) => {
    expect(() => read(from("10.1.2.3", ...values))).toThrow(AuthError);
    expect(() => read(from("10.1.2.3", ...values))).toThrow("not one client certificate");
  });
});

test.each(
  notEmpty([
    [{ ...options, header: "client cert" }, "header must be the name of a header"],
    [{ ...options, header: "" }, "header must be"],
    [{ header: "client-cert" }, "proxies must be a list of addresses or networks"],
    [{ ...options, proxies: [] }, "proxies must be a list"],
    [{ ...options, proxies: ["10.0.0.0/33"] }, "must be IP addresses or networks"],
    [{ ...options, proxies: ["proxy.example"] }, "must be IP addresses or networks"],
    [{ ...options, proxies: ["10.0.0.0/-1"] }, "must be IP addresses or networks"],
    [{ ...options, proxy: ["10.0.0.1"] }, "proxy"],
    [{ ...options, areVerified: "yes" }, "areVerified must be true or false"],
  ] as const),
)("options that are wrong stop the start: %j", (wrong, says) => {
  expect(() => createCertificateSource(wrong as unknown as typeof options)).toThrow(says);
});

import { describe, expect, test } from "vitest";
import { parseAlternativeNames, toSubject } from "../../../server/gate/src/binding/certificate-names.ts";
import { notEmpty } from "../../support/not-empty.ts";

// What Node 26 makes of a certificate by openssl with these names.
const SUBJECT = "C=DE\nO=Acme\\, Inc \\+ Söhne\nOU=a + CN=bill\\\\ing";

describe("the subject of a certificate", () => {
  test.each(
    notEmpty([
      [SUBJECT, "OU=a+CN=bill\\\\ing,O=Acme\\, Inc \\+ Söhne,C=DE"],
      ["CN=billing", "CN=billing"],
      ["", undefined],
      [undefined, undefined],
    ] as const),
  )("is one line, its own name first: %j", (lines, subject) => {
    expect(toSubject(lines)).toBe(subject);
  });
});

describe("the alternative names of a certificate", () => {
  test("are told apart by their kind, and no name holds another", () => {
    const names = parseAlternativeNames(
      'URI:spiffe://acme.example/billing, URI:"http://x/\\u002c DNS:evil.example", DNS:a.example, email:a@b.example, ' +
        'IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, othername:"UPN:upn\\u002c DNS:evil2.example", ' +
        'DirName:"CN=x\\\\\\u002c URI:spiffe://evil", Registered ID:1.2.3.4',
    );
    expect(names).toEqual({
      uri: ["spiffe://acme.example/billing", "http://x/, DNS:evil.example"],
      dns: ["a.example"],
      email: ["a@b.example"],
      ip: ["10.0.0.1", "2001:DB8:0:0:0:0:0:1"],
    });
    expect(Object.values(names).every(Object.isFrozen)).toBe(true);
  });

  test.each(notEmpty([undefined, "", "URI:", 'URI:"', 'DNS:"\\x"', 'DNS:""']))("are none in %j", (joined) => {
    expect(Object.values(parseAlternativeNames(joined)).flat()).toEqual([]);
  });
});

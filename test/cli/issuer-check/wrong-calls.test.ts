import { expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { check, checkJson, key, startPlain } from "./check.ts";
import { startProvider } from "./fake-provider.ts";

const NO_URL = "an issuer is a URL such as https://login.example.com";
const NO_USER = "has neither a user name nor a password";
const CASES: readonly (readonly [readonly string[], string])[] = [
  [[], "it needs a URL"],
  [["nonsense"], NO_URL],
  [["ftp://x.example"], NO_URL],
  [["me:hush@x.example"], NO_URL],
  [["https:x.example"], NO_URL],
  [["https:/me:hush@x.example"], NO_URL],
  [[String.raw`https:\\me:hush@x.example`], NO_URL],
  [["https://me:hush@"], NO_URL],
  [["https://me:hush@x.example:port"], NO_URL],
  [["https://x.example/\u001b[2J"], NO_URL],
  [[" https://x.example"], NO_URL],
  [["https://me:hush@x.example"], `the URL of an issuer ${NO_USER}`],
  [["HTTPS://me:hush@x.example/#a"], `the URL of an issuer ${NO_USER}`],
  [["https://me:hush@x.example/.well-known/openid-configuration"], `the URL of an issuer ${NO_USER}`],
  [["https://hush@x.example"], `the URL of an issuer ${NO_USER}`],
  [["https://x.example/#hush"], "the URL of an issuer has no fragment: it ends before the #"],
  [["https://x.example/?a=hush"], "the URL of an issuer has no query"],
  [["HTTPS://Login.Example/a"], "write its host in lower case, https://login.example"],
  [["spiffe://Acme.Example"], "write its host in lower case, spiffe://acme.example"],
  [["https://x.example", "--metadata-url", "x"], "--metadata-url must be a URL"],
  [["https://x.example", "--metadata-url", "https://me:hush@x.example/m"], `--metadata-url ${NO_USER}`],
  [["https://x.example", "--jwks-url", "file:///etc/passwd"], "--jwks-url must be a URL"],
  [["https://x.example", "--jwks-url", "https://me:hush@x.example/keys"], `--jwks-url ${NO_USER}`],
  [["https://x.example", "--jwks-url", "https://x.example/keys#hush"], "--jwks-url has no fragment"],
  [["https://x.example", "y"], "it takes one URL only"],
];

test.each(notEmpty(CASES))(
  "a wrong call is one, in one line and without a password: %j",
  async (args, says) => {
    const { code, out, err } = await check(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(says);
    expect(err).not.toContain("hush");
  },
);

test("a trailing slash is part of the name, and the metadata say whether it belongs there", async () => {
  await using plain = await startPlain();
  await using slashed = await startProvider((origin) => ({
    "/.well-known/openid-configuration": { issuer: `${origin}/`, jwks_uri: `${origin}/keys` },
    "/keys": { keys: [key.jwk] },
  }));
  for (const { given, named } of [
    { given: `${plain.origin}/`, named: plain.origin },
    { given: slashed.origin, named: `${slashed.origin}/` },
  ]) {
    const { code, report } = await checkJson([given]);
    expect({ code, issuer: report.issuer }).toEqual({ code: 0, issuer: named });
    expect(report.notes).toContain(`the issuer is ${named}, not ${given}: it is compared letter by letter`);
  }
});

test("the URL of metadata may have a query, which is no part of the issuer", async () => {
  await using plain = await startProvider((origin) => ({
    "/.well-known/openid-configuration?p=policy": { issuer: origin, jwks_uri: `${origin}/keys` },
    "/keys": { keys: [key.jwk] },
  }));
  const { code, report } = await checkJson([`${plain.origin}/.well-known/openid-configuration?p=policy`]);
  expect({ code, issuer: report.issuer }).toEqual({ code: 0, issuer: plain.origin });
  expect(report.notes.join("\n")).not.toContain("letter by letter");
});

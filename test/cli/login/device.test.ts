import { expect, test } from "vitest";
import { age } from "../../sdk/node/processes.ts";
import {
  type FakeAnswer,
  type FakePaths,
  idTokenOf,
  metadataOf,
  startFakeProvider,
  TOKENS,
} from "../../sdk/oidc/fake-provider.ts";
import { createLoginUser } from "./logged-in.ts";

const DEVICE = {
  device_code: "device-1",
  user_code: "WDJB-MJHT",
  verification_uri: "https://login.example/device",
  verification_uri_complete: "https://login.example/device?user_code=WDJB-MJHT",
  expires_in: 600,
  interval: 0.01,
} as const;

const pending = { status: 400, body: { error: "authorization_pending" } } as const;

type Answer = (issuer: string) => FakeAnswer;

function pathsOf(answers: Answer[], device: object = DEVICE): FakePaths {
  return {
    "/.well-known/openid-configuration": (_request, own) =>
      metadataOf(own, { device_authorization_endpoint: `${own}/device` }),
    "/device": () => ({ body: device }),
    "/token": (_request, own) => answers.shift()?.(own) ?? { body: TOKENS },
  };
}

/** What a provider grants to a user. */
const granted =
  (claims: Readonly<Record<string, unknown>>, tokens: object = TOKENS): Answer =>
  (issuer) => ({ body: { ...tokens, id_token: idTokenOf(issuer, { aud: "my-cli", ...claims }) } });

test("a provider's user signs in with a code that the command shows, and token print refreshes", async () => {
  const answers = [() => pending, granted({ preferred_username: "ada", email: "ada@example.com" })];
  await using provider = await startFakeProvider(pathsOf(answers));
  await using user = await createLoginUser();
  const asked = ["--client-id", "my-cli", "--scope", "openid", "--audience", "notes", "--json"];
  const { code, out, err } = await user.run("login", provider.issuer, ...asked);
  expect(code).toBe(0);
  expect(err.split("\n")).toEqual([
    "Open https://login.example/device in a browser, on any device, and enter the code WDJB-MJHT",
    "or open https://login.example/device?user_code=WDJB-MJHT",
    "The code is good for 10m.",
  ]);
  const { directory, ...facts } = JSON.parse(out);
  expect(facts).toMatchObject({ server: provider.issuer, user: "ada", clientId: "my-cli" });
  expect(provider.seenAt("/device").map(({ form }) => form)).toEqual([
    { client_id: "my-cli", scope: "openid", audience: "notes" },
  ]);
  expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-1", err: "" });
  answers.push(granted({}, { ...TOKENS, access_token: "access-2", refresh_token: "refresh-2" }));
  await age(directory);
  expect(await user.run("token", "print")).toEqual({ code: 0, out: "access-2", err: "" });
  expect(provider.seenAt("/token").at(-1)?.form).toMatchObject({ refresh_token: "refresh-1" });
  expect(await user.run("logout")).toMatchObject({ code: 0 });
  expect(provider.seenAt("/revoke").map(({ form }) => form.token)).toEqual(["refresh-2", "access-2"]);
});

test("without --scope it asks for what a login needs to last, and says when it will not", async () => {
  const { refresh_token: _, ...short } = TOKENS;
  await using provider = await startFakeProvider(pathsOf([granted({ email: "ada\u001b[2J" }, short)]));
  await using user = await createLoginUser();
  const { code, out, err } = await user.run("login", provider.issuer, "--client-id", "my-cli");
  expect(code).toBe(0);
  expect(provider.seenAt("/device")[0]?.form.scope).toBe("openid offline_access");
  expect(err).toContain("The provider gave no refresh token: this login ends in 1m.");
  // What a terminal might obey is no name.
  expect(out).toContain(" as user-1. ");
});

test("what a provider says cannot have a terminal obey it", async () => {
  await using provider = await startFakeProvider(pathsOf([], { ...DEVICE, user_code: "A\u001b[2J\u009b2J" }));
  await using user = await createLoginUser();
  const { err } = await user.run("login", provider.issuer, "--client-id", "my-cli");
  expect(err).toContain("enter the code A\\u001b[2J\\u009b2J");
});

test("a user who refuses, a provider without device codes and a stranger end it with a sentence", async () => {
  await using user = await createLoginUser();
  const login = (issuer: string) => user.run("login", issuer, "--client-id", "my-cli");
  const denied = (): FakeAnswer => ({ status: 400, body: { error: "access_denied" } });
  await using provider = await startFakeProvider(pathsOf([denied]));
  const refused = await login(provider.issuer);
  expect(refused).toMatchObject({ code: 1, out: "" });
  expect(refused.err).toContain(
    `${provider.issuer} does not sign you in: the provider answered access_denied`,
  );
  await using other = await startFakeProvider();
  expect((await login(other.issuer)).err).toContain("device_authorization_endpoint");
  await using stranger = await startFakeProvider({
    "/.well-known/openid-configuration": () => ({ status: 404 }),
  });
  expect((await login(stranger.issuer)).err).toContain("no metadata at ");
  expect(await user.run("token", "list", "--json")).toMatchObject({ out: "[]" });
});

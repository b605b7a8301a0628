import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createNatsBus, createPostgresBus } from "../../../server/issuer/src/bus/index.ts";
import type { NatsBusOptions } from "../../../server/issuer/src/bus/nats-options.ts";
import { eventually } from "../../support/eventually.ts";
import { installNats, startNats } from "../../support/nats.ts";
import { createNatsOperator, createNatsUser } from "../../support/nats-credentials.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createSelfSigned } from "../../support/self-signed.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";

const isThere = installNats();
const need = isThere ? "" : " (skipped: it needs a NATS server, apt-get install nats-server)";

const WRONG = notEmpty([
  { options: {}, message: "servers must be a URL such as nats://host:4222, or a list of them" },
  { options: { servers: [] }, message: "servers must be a URL such as" },
  { options: { servers: "http://user:s3cret@host" }, message: "servers must be URLs such as" },
  { options: { servers: "nats://host/path" }, message: "servers must be URLs such as" },
  { options: { servers: "nats://host", subject: "a.>" }, message: "subject must be words" },
  {
    options: { servers: "nats://host", credentials: { user: "a" } },
    message: "password must be a non-empty text",
  },
  { options: { servers: "nats://host", credentials: { file: "a", user: "b" } }, message: "user" },
  { options: { servers: "nats://host", tls: { CA: "a" } }, message: "CA" },
  { options: { servers: "nats://host", tls: { ca: "a", caFile: "b" } }, message: "either ca or caFile" },
  {
    options: { servers: "nats://host", tls: { cert: "a", certFile: "b" } },
    message: "either cert or certFile",
  },
  {
    options: { servers: "nats://host", tls: { key: "s3cret", keyFile: "b" } },
    message: "either key or keyFile",
  },
  { options: { server: "nats://host" }, message: "server" },
]);

test.each(WRONG)("a bus over NATS refuses $options", async ({ options, message }) => {
  const error = await createNatsBus(options as NatsBusOptions).catch((why: unknown) => why);
  expect(error).toBeInstanceOf(TypeError);
  expect(String(error)).toContain(message);
  expect(String(error)).not.toContain("s3cret");
});

test.each(["mysql://host", ""])("a bus over Postgres refuses %j", async (connectionString) => {
  await expect(createPostgresBus({ connectionString })).rejects.toThrow(TypeError);
});

describe.skipIf(!isThere)(`a NATS server that asks who it is${need}`, () => {
  const PASSWORD = "p:a$5/";
  const login = ["--user", "fleet", "--pass", PASSWORD];

  /** Connect, and publish to oneself. @returns what went wrong until then */
  async function deliver(options: NatsBusOptions): Promise<readonly unknown[]> {
    const errors: unknown[] = [];
    await using bus = await createNatsBus({ ...options, onError: (error) => void errors.push(error) });
    const messages: string[] = [];
    bus.subscribe("own", (message) => void messages.push(message));
    await eventually(async () => {
      await bus.publish("own", "hello").catch(() => undefined);
      return messages.includes("hello") || errors.length > 0 || undefined;
    });
    return errors;
  }

  test("takes the name and password of the URL, of the options and of a file, and the file is read again", async () => {
    await using nats = await startNats(login);
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "credentials");
    await writeFile(file, `fleet:${PASSWORD}\n`);
    const url = nats.url.replace("//", `//fleet:${encodeURIComponent(PASSWORD)}@`);
    expect(await deliver({ servers: url })).toEqual([]);
    const { url: servers } = nats;
    expect(await deliver({ servers, credentials: { user: "fleet", password: PASSWORD } })).toEqual([]);
    expect(await deliver({ servers, credentials: { file } })).toEqual([]);
    const [error] = await deliver({ servers, credentials: { user: "fleet", password: "wr0ng" } });
    expect(error).toMatchObject({
      message: `there is no connection to NATS at ${new URL(servers).host}`,
      cause: { message: expect.stringMatching(/authorization violation/i) },
    });
    expect(JSON.stringify(error)).not.toContain("wr0ng");
    await writeFile(file, "no credentials");
    const [unread] = await deliver({ servers, credentials: { file } });
    expect(String((unread as Error).cause)).toContain("has neither the credentials of a NATS user nor");
  });

  test("is reached by TLS with a CA of one's own, and by tls:// in no other way", async () => {
    await using folder = await createTemporaryFolder();
    const { cert, key } = createSelfSigned();
    await writeFile(join(folder.path, "cert"), cert);
    await writeFile(join(folder.path, "key"), key);
    const flags = ["--tls", "--tlscert", join(folder.path, "cert"), "--tlskey", join(folder.path, "key")];
    await using nats = await startNats(flags);
    const servers = nats.url.replace("nats:", "tls:");
    expect(await deliver({ servers, tls: { ca: cert } })).toEqual([]);
    expect(await deliver({ servers })).toHaveLength(1);
    await using plain = await startNats();
    expect(await deliver({ servers: plain.url.replace("nats:", "tls:") })).toHaveLength(1);
  });

  test("takes the seed of an NKey, and credentials as nsc makes them, which grant the subject and no more", async () => {
    await using folder = await createTemporaryFolder();
    const [config, file] = [join(folder.path, "nats.conf"), join(folder.path, "credentials")];
    const user = createNatsUser();
    await writeFile(config, user.config);
    await writeFile(file, `${user.seed}\n`);
    await using byKey = await startNats(["-c", config]);
    expect(await deliver({ servers: byKey.url, credentials: { file } })).toEqual([]);
    await writeFile(file, createNatsUser().seed);
    expect(await deliver({ servers: byKey.url, credentials: { file } })).toHaveLength(1);

    const operator = createNatsOperator("acme.auth.>");
    await writeFile(config, operator.config);
    await writeFile(file, operator.creds);
    await using byToken = await startNats(["-c", config]);
    const own = { servers: byToken.url, credentials: { file } };
    expect(await deliver({ ...own, subject: "acme.auth" })).toEqual([]);
    const refused = await deliver(own);
    expect(String(refused[0])).toMatch(/permissions violation/i);
  });

  test("is shown a certificate where it asks for one, which is read for each connection", async () => {
    await using folder = await createTemporaryFolder();
    const paths = Object.fromEntries(
      ["cert", "key", "clientCert", "clientKey"].map((name) => [name, join(folder.path, name)]),
    ) as Readonly<Record<"cert" | "clientCert" | "clientKey" | "key", string>>;
    const write = (name: keyof typeof paths, text: string) => writeFile(paths[name], text);
    const [server, client, stranger] = ["server", "client", "client"].map((name) => createSelfSigned(name));
    await write("cert", server?.cert ?? "");
    await write("key", server?.key ?? "");
    await writeFile(join(folder.path, "ca"), client?.cert ?? "");
    const tls = ["--tlsverify", "--tlscacert", join(folder.path, "ca"), "--tlscert", paths.cert];
    await using nats = await startNats([...tls, "--tlskey", paths.key]);
    const options = {
      servers: nats.url,
      tls: { caFile: paths.cert, certFile: paths.clientCert, keyFile: paths.clientKey },
    };
    const outcomes: number[] = [];
    for (const shown of notEmpty([stranger, client])) {
      await write("clientCert", shown?.cert ?? "");
      await write("clientKey", shown?.key ?? "");
      outcomes.push((await deliver(options)).length);
    }
    expect(outcomes).toEqual([1, 0]);
  });
});

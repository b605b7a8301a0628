import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AuthOptions } from "../../../server/gate/src/connect/auth-options.ts";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import { createLogoutReceiver } from "../../../server/gate/src/connect/create-logout-receiver.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { listen } from "../../../server/node/src/listener.ts";
import { startCommand } from "../../cli/running-command.ts";
import { clientOf } from "../../support/rpc.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { type ExternalIssuer, startExternalIssuer } from "../connect/external-issuer.ts";
import { startHub } from "../signals/own-servers.ts";

let idp: ExternalIssuer;

beforeAll(async () => {
  // The provider says on the console that it is set up for development.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "info").mockImplementation(() => {});
  idp = await startExternalIssuer();
});
afterAll(async () => {
  await idp[Symbol.asyncDispose]();
  vi.restoreAllMocks();
});

/** How a server trusts the provider, and takes its logouts. */
const trusting = (match: "session" | "subject"): readonly IssuerOptions[] => [
  { issuer: idp.issuer, keys: { discovery: true }, logout: { audiences: ["app"], match } },
];

/** Start a server of one's own that learns of the provider's logouts. */
async function startOwnServer(
  issuers: readonly IssuerOptions[],
  learning: Pick<AuthOptions, "logouts" | "signals">,
) {
  const auth = createAuth({
    routes: (router) =>
      router.service(NotesService, {
        getNote: () => ({}),
        async *watchNotes(_, ctx) {
          yield {};
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        },
      }),
    issuers,
    audience: "ledger",
    ...learning,
  });
  const endpoints = learning.logouts?.endpoints;
  const server = await listen(buildRequestListener({ ...auth, ...(endpoints && { endpoints }) }));
  return { auth, baseUrl: server.origin, [Symbol.asyncDispose]: () => server.close(0) };
}

/** Open a stream, and wait until it ends. */
async function watch(baseUrl: string, token: string) {
  const notes = clientOf(NotesService, { baseUrl, protocol: "grpc", token });
  const headers = { "countersign-stream-id": randomBytes(16).toString("base64url") };
  const events = notes.watchNotes({}, { headers })[Symbol.asyncIterator]();
  await events.next();
  return events.next().catch(reasonOf);
}

describe("a real provider whose user signs out there", () => {
  it.each(["session", "subject"] as const)(
    "ends that user's streams and tokens in a server of one's own, by the %s, and no other user's",
    async (match) => {
      const issuers = trusting(match);
      await using server = await startOwnServer(issuers, { logouts: createLogoutReceiver({ issuers }) });
      const { auth, baseUrl } = server;
      idp.sendLogoutsTo(`${baseUrl}/backchannel-logout`, match === "session");
      const [ada, bob] = [await idp.signInUser("ada"), await idp.signInUser("bob")];
      const stream = watch(baseUrl, ada.token);
      void watch(baseUrl, bob.token);
      await expect.poll(() => auth.streams.size).toBe(2);
      await ada.signOut();
      expect(await stream).toBe("SESSION_REVOKED");
      expect(auth.streams.size).toBe(1);
      const get = ({ token }: { readonly token: string }) =>
        clientOf(NotesService, { baseUrl, token }).getNote({ id: "1" }).catch(reasonOf);
      expect(await get(ada)).toBe("SESSION_REVOKED");
      expect(await get(bob)).not.toBe("SESSION_REVOKED");
    },
  );

  it("ends that user's streams on every server that has signals of the one that takes the logout", async () => {
    await using hub = await startHub();
    const sink = hub.issuer.logouts;
    const logouts = createLogoutReceiver({ issuers: trusting("session"), sink, clock: hub.issuer.clock });
    await using receiver = await startOwnServer(trusting("session"), { logouts });
    idp.sendLogoutsTo(`${receiver.baseUrl}/backchannel-logout`, true);
    await using signals = hub.signals();
    const issuers = [{ issuer: idp.issuer, keys: { discovery: true } }] as const;
    await using one = await startOwnServer(issuers, { signals });
    await using other = await startOwnServer(issuers, { signals });
    await signals.ready;
    const [ada, bob] = [await idp.signInUser("ada"), await idp.signInUser("bob")];
    const streams = [one, other].map(({ baseUrl }) => watch(baseUrl, ada.token));
    void watch(other.baseUrl, bob.token);
    await expect.poll(() => one.auth.streams.size + other.auth.streams.size).toBe(3);
    await ada.signOut();
    expect(await Promise.all(streams)).toEqual(["SESSION_REVOKED", "SESSION_REVOKED"]);
    expect(other.auth.streams.size).toBe(1);
  });

  it("is signed out of `countersign serve`, whose log and figures say so", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "issuers.json");
    const logout = { audiences: ["app"], match: "session" };
    await writeFile(file, JSON.stringify([{ issuer: idp.issuer, keys: { discovery: true }, logout }]));
    const args = ["serve", "--audience", "ledger", "--trusted-issuers", file];
    await using server = await startCommand(args, { dataDir: folder.path });
    const { baseUrl } = server;
    idp.sendLogoutsTo(`${baseUrl}/backchannel-logout`, true);
    const [ada, bob] = [await idp.signInUser("ada"), await idp.signInUser("bob")];
    const who = async ({ token }: { readonly token: string }) =>
      clientOf(SessionService, { baseUrl, token })
        .whoAmI({})
        .then(({ subject }) => subject, reasonOf);
    expect(await Promise.all([ada, bob].map(who))).toEqual(["ada", "bob"]);
    await ada.signOut();
    expect(await Promise.all([ada, bob].map(who))).toEqual(["SESSION_REVOKED", "bob"]);
    expect(server.terminal.warned.join("\n")).toMatch(/"type":"revoked".*"reason":"logged_out"/);
  });
});

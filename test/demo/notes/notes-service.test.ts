import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "@countersign/gen/google/rpc/error_details_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, it } from "vitest";
import { countNotes } from "../../../server/demo/src/notes/notes.ts";
import { describeNotes } from "./note-databases.ts";
import { serveNotes } from "./notes-serving.ts";

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return ConnectError.from(
    await call.then(
      () => "no error",
      (reason: unknown) => reason,
    ),
  );
}

async function* each<T>(items: readonly T[]) {
  yield* items;
}

const fieldsOf = (error: ConnectError) =>
  error
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field));

describeNotes("notes", (open) => {
  it("of all owners are counted together", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    expect(await countNotes(store)).toEqual({ notes: 0, owners: 0 });
    for (const owner of ["ada", "ada", "eve"]) {
      await serving.as(owner).createNote({ title: "one more" });
    }
    expect(await countNotes(store)).toEqual({ notes: 3, owners: 2 });
  });

  it("of a subject are not those of the same subject of another issuer", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const { id } = await serving.as("ada").createNote({ title: "mine" });
    const stranger = serving.as("ada", [], "https://other.example");
    expect((await stranger.listNotes({})).notes).toEqual([]);
    expect(reasonOf(await errorOf(stranger.getNote({ id })))).toBe("POLICY_DENIED");
    expect((await stranger.createNote({ title: "theirs" })).owner).toBe("https://other.example#ada");
  });

  it("are kept as they were written, with their owner, place and time", async () => {
    await using store = await open();
    await using serving = await serveNotes(store, { nowMs: () => 1_800_000_000_123 });
    const ada = serving.as("ada");
    const written = await ada.createNote({ title: "𝒯itle", body: "first\nsecond" });
    expect(written.id).toMatch(/^[\w-]{22}$/);
    expect(written).toMatchObject({ owner: "ada", title: "𝒯itle", body: "first\nsecond", sequence: 1n });
    expect(written.createTime && timestampMs(written.createTime)).toBe(1_800_000_000_123);
    expect(await ada.getNote({ id: written.id })).toEqual(written);
    expect((await ada.listNotes({})).notes).toEqual([written]);
  });

  it("say from where the feed goes on behind their list, also when the newest are deleted", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    expect((await ada.listNotes({})).sequence).toBe(0n);
    const first = await ada.createNote({ title: "stays" });
    const second = await ada.createNote({ title: "goes" });
    await ada.deleteNote({ id: second.id });
    await serving.as("eve").createNote({ title: "another's" });
    const page = await ada.listNotes({ pageSize: 1 });
    expect(page.notes).toEqual([first]);
    expect(page.sequence).toBe(second.sequence + 1n);
    const third = await ada.createNote({ title: "new" });
    const stop = new AbortController();
    const feed = ada.watchNotes({ afterSequence: page.sequence }, { signal: stop.signal });
    const { value } = await feed[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ sequence: third.sequence });
    stop.abort();
  });

  it("may be read and deleted by their owner and by admins only", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const { id } = await serving.as("ada").createNote({ title: "a" });
    for (const stranger of [serving.as("eve"), serving.as("eve", ["editor", "administrator"])]) {
      for (const call of [stranger.getNote, stranger.deleteNote]) {
        const error = await errorOf(call({ id }));
        expect([error.code, reasonOf(error)]).toEqual([Code.PermissionDenied, "POLICY_DENIED"]);
      }
    }
    const admin = serving.as("root", ["admin"]);
    expect((await admin.getNote({ id })).owner).toBe("ada");
    expect((await admin.listNotes({})).notes).toEqual([]);
    await admin.deleteNote({ id });
    expect((await errorOf(serving.as("ada").getNote({ id }))).code).toBe(Code.NotFound);
  });

  it("are not found when they never were, or are no more", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const { id } = await ada.createNote({ title: "a" });
    await ada.deleteNote({ id });
    for (const call of [ada.getNote, ada.deleteNote]) {
      expect((await errorOf(call({ id }))).code).toBe(Code.NotFound);
      expect((await errorOf(call({ id: "nothing" }))).code).toBe(Code.NotFound);
    }
  });

  it("are listed newest first, page by page, each once", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    for (let index = 0; index < 5; index += 1) {
      await ada.createNote({ title: `${index}` });
    }
    await serving.as("eve").createNote({ title: "not ada's" });
    const pages: string[][] = [];
    let pageToken = "";
    do {
      const page = await ada.listNotes({ pageSize: 2, pageToken });
      pages.push(page.notes.map(({ title }) => title));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(pages).toEqual([["4", "3"], ["2", "1"], ["0"]]);
  });

  it("of the same instant are listed each once, too", async () => {
    await using store = await open();
    await using serving = await serveNotes(store, { nowMs: () => 1_800_000_000_000 });
    const ada = serving.as("ada");
    await ada.importNotes(each(Array.from({ length: 250 }, (_, index) => ({ title: `${index}` }))));
    const first = await ada.listNotes({ pageSize: 1_000 });
    const second = await ada.listNotes({ pageSize: 1_000, pageToken: first.nextPageToken });
    expect([first.notes.length, second.notes.length, second.nextPageToken]).toEqual([200, 50, ""]);
    expect(new Set([...first.notes, ...second.notes].map(({ title }) => title)).size).toBe(250);
  });

  it("are cut into pages that any client accepts", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const body = "€".repeat(65_536);
    await ada.importNotes(each(Array.from({ length: 30 }, () => ({ title: "long", body }))));
    const first = await ada.listNotes({});
    expect(first.notes).toHaveLength(16);
    expect((await ada.listNotes({ pageToken: first.nextPageToken })).notes).toHaveLength(14);
  });

  it("are imported all, or none", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    expect((await ada.importNotes(each([{ title: "a" }, { title: "b" }]))).created).toBe(2);
    expect((await ada.importNotes(each([]))).created).toBe(0);
    const error = await errorOf(ada.importNotes(each([{ title: "c" }, { title: "" }])));
    expect([error.code, fieldsOf(error)]).toEqual([Code.InvalidArgument, ["requests[1].title"]]);
    expect((await ada.listNotes({})).notes.map(({ title }) => title)).toEqual(["b", "a"]);
  });

  it("are imported up to a limit on their number and on their bytes", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const many = Array.from({ length: 1_001 }, () => ({ title: "a" }));
    const large = Array.from({ length: 129 }, () => ({ title: "a", body: "x".repeat(65_536) }));
    for (const notes of [many, large]) {
      const error = await errorOf(ada.importNotes(each(notes)));
      expect([error.code, fieldsOf(error)]).toEqual([Code.InvalidArgument, ["requests"]]);
    }
    expect((await ada.listNotes({})).notes).toEqual([]);
    expect((await ada.importNotes(each(many.slice(1)))).created).toBe(1_000);
  });

  it("are refused when a field is wrong, and the field is named", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const wrong = [
      { call: () => ada.createNote({}), fields: ["title"] },
      { call: () => ada.createNote({ title: "𝒯".repeat(201) }), fields: ["title"] },
      { call: () => ada.createNote({ title: "a", body: "x".repeat(65_537) }), fields: ["body"] },
      { call: () => ada.createNote({ title: "a\0", body: "\0" }), fields: ["title", "body"] },
      { call: () => ada.getNote({}), fields: ["id"] },
      { call: () => ada.getNote({ id: "\0" }), fields: ["id"] },
      { call: () => ada.deleteNote({ id: "x".repeat(65) }), fields: ["id"] },
      { call: () => ada.listNotes({ pageSize: -1 }), fields: ["page_size"] },
      { call: () => ada.listNotes({ pageToken: "nonsense" }), fields: ["page_token"] },
    ];
    for (const { call, fields } of wrong) {
      const error = await errorOf(call());
      expect([error.code, fieldsOf(error)]).toEqual([Code.InvalidArgument, fields]);
    }
    const longest = { title: "𝒯".repeat(200), body: "𝒯".repeat(65_536) };
    expect(await ada.createNote(longest)).toMatchObject(longest);
    expect(serving.errors).toEqual([]);
  });
});

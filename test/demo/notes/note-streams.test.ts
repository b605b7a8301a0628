import { Code, ConnectError } from "@connectrpc/connect";
import { type NoteEvent, NoteEvent_Kind } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { reasonOf } from "@countersign/sdk";
import { expect, it } from "vitest";
import { describeNotes } from "./note-databases.ts";
import { serveNotes } from "./notes-serving.ts";

const KIND_NAMES = new Map<number, string>(
  Object.entries(NoteEvent_Kind).map(([name, kind]) => [kind, name]),
);

const summary = ({ sequence, kind, note }: NoteEvent) => `${sequence} ${KIND_NAMES.get(kind)} ${note?.body}`;

/** Take this many events, then leave. */
async function take(events: AsyncIterable<NoteEvent>, count: number): Promise<NoteEvent[]> {
  const taken: NoteEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) {
      break;
    }
  }
  return taken;
}

async function errorOf(events: AsyncIterable<unknown>): Promise<ConnectError> {
  try {
    for await (const _event of events) {
    }
  } catch (reason) {
    return ConnectError.from(reason);
  }
  throw new Error("the stream ended without an error");
}

/** Requests that the test sends one at a time. */
function createOutbox<T>() {
  const waiting: (T | undefined)[] = [];
  let wake: () => void = () => undefined;
  const send = (item: T | undefined): void => {
    waiting.push(item);
    wake();
  };
  async function* requests(): AsyncGenerator<T> {
    while (true) {
      for (const item of waiting.splice(0)) {
        if (item === undefined) {
          return;
        }
        yield item;
      }
      if (waiting.length > 0) {
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { requests: requests(), send, end: () => send(undefined) };
}

describeNotes("the feed of notes", (open) => {
  it("tells every change to the caller's notes, in order, and to nobody else's", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const watching = take(ada.watchNotes({}), 3);
    const note = await ada.createNote({ title: "a", body: "one" });
    await serving.as("eve").createNote({ title: "a", body: "eve's" });
    for await (const { sequence } of ada.syncNotes(
      (async function* () {
        yield { noteId: note.id, body: "two" };
      })(),
    )) {
      expect(sequence).toBe(3n);
    }
    await ada.deleteNote({ id: note.id });
    const events = await watching;
    expect(events.map(summary)).toEqual(["1 CREATED one", "3 UPDATED two", "4 DELETED two"]);
    expect(events[0]?.note).toEqual(note);
    expect(events[1]?.note).toEqual({ ...note, body: "two", sequence: 3n });
  });

  it("goes on exactly after a sequence, over many pages", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    await ada.importNotes(
      (async function* () {
        for (let index = 1; index <= 100; index += 1) {
          yield { title: "a", body: `${index}` };
        }
      })(),
    );
    const seen: string[] = [];
    let afterSequence = 0n;
    for (const count of [1, 32, 33, 34]) {
      const events = await take(ada.watchNotes({ afterSequence }), count);
      seen.push(...events.map(({ note }) => note?.body ?? ""));
      afterSequence = events.at(-1)?.sequence ?? 0n;
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => `${index + 1}`));
  });

  it("loses nothing and doubles nothing while many write at once and watchers come back", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const total = 60;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let index = 0; index < total / 6; index += 1) {
        await ada.createNote({ title: "a", body: `${writer}.${index}` });
      }
    });
    const seen: NoteEvent[] = [];
    while (seen.length < total) {
      const afterSequence = seen.at(-1)?.sequence ?? 0n;
      seen.push(...(await take(ada.watchNotes({ afterSequence }), Math.min(7, total - seen.length))));
    }
    await Promise.all(writers);
    expect(new Set(seen.map(({ note }) => note?.body)).size).toBe(total);
    const sequences = seen.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)));
  });

  it("tells what another process wrote", async () => {
    await using store = await open();
    await using here = await serveNotes(store, { pollIntervalMs: 10 });
    await using elsewhere = await serveNotes(store);
    const events = here.as("ada").watchNotes({})[Symbol.asyncIterator]();
    for (const body of ["one", "two"]) {
      await elsewhere.as("ada").createNote({ title: "a", body });
      const { value } = await events.next();
      expect(value?.note?.body).toBe(body);
    }
  });

  it("ends with the reason of the shutdown, though nothing happens", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    await ada.createNote({ title: "a" });
    const watch = async function* () {
      for await (const event of ada.watchNotes({})) {
        yield event;
        serving.shutdown.abort(new ConnectError("the server is stopping", Code.Unavailable));
      }
    };
    const error = await errorOf(watch());
    expect([error.code, error.rawMessage]).toEqual([Code.Unavailable, "the server is stopping"]);
    expect(serving.errors).toEqual([]);
  });

  for (const afterSequence of [-1n, 9_007_199_254_740_992n]) {
    it(`refuses to begin after ${afterSequence}`, async () => {
      await using store = await open();
      await using serving = await serveNotes(store);
      const error = await errorOf(serving.as("ada").watchNotes({ afterSequence }));
      expect([error.code, error.rawMessage]).toEqual([
        Code.InvalidArgument,
        "after_sequence: must be the sequence of an event, or 0",
      ]);
    });
  }
});

describeNotes("the replacing of notes", (open) => {
  it("acknowledges each change once it is in the store", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const { id } = await ada.createNote({ title: "a", body: "before" });
    const outbox = createOutbox<{ noteId: string; body: string }>();
    const answers = ada.syncNotes(outbox.requests)[Symbol.asyncIterator]();
    for (const [body, sequence] of [
      ["one", 2n],
      ["two", 3n],
    ] as const) {
      outbox.send({ noteId: id, body });
      const { value } = await answers.next();
      expect(value).toMatchObject({ noteId: id, sequence });
      expect(await ada.getNote({ id })).toMatchObject({ body, sequence, title: "a" });
    }
    outbox.end();
    expect((await answers.next()).done).toBe(true);
  });

  it("ends at the first change that can't be made, and keeps those before", async () => {
    await using store = await open();
    await using serving = await serveNotes(store);
    const ada = serving.as("ada");
    const { id } = await ada.createNote({ title: "a" });
    const { id: other } = await serving.as("eve").createNote({ title: "a", body: "eve's" });
    const cases = [
      { change: { noteId: other, body: "mine" }, code: Code.PermissionDenied, reason: "POLICY_DENIED" },
      { change: { noteId: "nothing", body: "" }, code: Code.NotFound, reason: undefined },
      { change: { noteId: "", body: "" }, code: Code.InvalidArgument, reason: undefined },
      { change: { noteId: id, body: "x".repeat(65_537) }, code: Code.InvalidArgument, reason: undefined },
    ];
    for (const [index, { change, code, reason }] of cases.entries()) {
      const body = `kept ${index}`;
      const error = await errorOf(
        ada.syncNotes(
          (async function* () {
            yield { noteId: id, body };
            yield change;
          })(),
        ),
      );
      expect([error.code, reasonOf(error)]).toEqual([code, reason]);
      expect((await ada.getNote({ id })).body).toBe(body);
    }
    expect((await serving.as("eve").getNote({ id: other })).body).toBe("eve's");
    // Not even an admin writes in another's name.
    const asAdmin = serving.as("root", ["admin"]).syncNotes(
      (async function* () {
        yield { noteId: id, body: "" };
      })(),
    );
    expect((await errorOf(asAdmin)).code).toBe(Code.PermissionDenied);
  });
});

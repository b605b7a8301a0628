import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_WORD_BYTES } from "../../../server/issuer/src/store/bus.ts";
import { createPostgresBus } from "../../../server/issuer/src/store/postgres-bus.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";

let postgres: TestPostgres;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Listen, from when words are sure to arrive. */
async function listenOn(channel: string) {
  const bus = createPostgresBus(url);
  const words: string[] = [];
  const listener = bus.listen(channel, (word) => words.push(word));
  await eventually(() => words.includes("") || undefined);
  return { bus, words, listener, [Symbol.asyncDispose]: () => bus.close() };
}

describe("the bus over Postgres", () => {
  test("carries words to all who listen on the channel, in their order", async () => {
    await using one = await listenOn("numbers");
    await using two = await listenOn("numbers");
    await using other = await listenOn("letters");
    const said = Array.from({ length: 100 }, (_, index) => `word ${index}`);
    await Promise.all(said.map((word) => one.bus.say("numbers", word)));
    await other.bus.say("letters", "end");
    await eventually(() => other.words.includes("end") || undefined);
    await eventually(() => two.words.length === 101 || undefined);
    expect([one.words, two.words]).toEqual([
      ["", ...said],
      ["", ...said],
    ]);
    expect(other.words).toEqual(["", "end"]);
  });

  test("carries the longest word that it promises, and refuses a longer one without harm", async () => {
    await using one = await listenOn("lengths");
    expect(() => one.bus.say("lengths", "x".repeat(MAX_WORD_BYTES + 1))).toThrow(
      `a word has at most ${MAX_WORD_BYTES} bytes`,
    );
    await one.bus.say("lengths", "x".repeat(MAX_WORD_BYTES));
    await eventually(() => one.words.includes("x".repeat(MAX_WORD_BYTES)) || undefined);
  });

  test("goes on by itself after the connection was cut, and says that words may have been missed", async () => {
    await using one = await listenOn("cuts");
    await postgres.cutConnections();
    await eventually(() => one.words.length === 2 || undefined);
    await eventually(() =>
      one.bus.say("cuts", "again").then(
        () => true,
        () => undefined,
      ),
    );
    await eventually(() => one.words.includes("again") || undefined);
    expect(one.words.slice(0, 2)).toEqual(["", ""]);
  });

  test("rejects what it cannot say while the database is away", async () => {
    await using one = await listenOn("outages");
    await postgres.stop("crash");
    try {
      await eventually(() =>
        one.bus.say("outages", "lost").then(
          () => undefined,
          (error: unknown) => error,
        ),
      ).then((error) => expect(error).toMatchObject({ reason: "AUTH_UNAVAILABLE" }));
    } finally {
      await postgres.start();
    }
    await eventually(() =>
      one.bus.say("outages", "back").then(
        () => true,
        () => undefined,
      ),
    );
    await eventually(() => one.words.includes("back") || undefined);
  });

  test("hears nothing more on a channel once nobody listens, and all on the others", async () => {
    await using one = await listenOn("first");
    const words: string[] = [];
    one.bus.listen("second", (word) => words.push(word));
    await eventually(() => words.includes("") || undefined);
    await one.listener.close();
    await one.bus.say("first", "unheard");
    await one.bus.say("second", "heard");
    await eventually(() => words.includes("heard") || undefined);
    expect(one.words).toEqual([""]);
  });

  test("takes only names that need no quoting", () => {
    const bus = createPostgresBus(url);
    for (const name of ["", 'a"; DROP TABLE notes; --', "Upper", "x".repeat(64)]) {
      expect(() => bus.listen(name, () => undefined)).toThrow(TypeError);
      expect(() => bus.say(name, "word")).toThrow(TypeError);
    }
  });
});

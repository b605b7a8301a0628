import { describe, expect, test } from "vitest";
import { parseArguments } from "../../server/create/src/parse-arguments.ts";
import { type Ask, settleChoices } from "../../server/create/src/settle-choices.ts";

/** Answers the questions of a run one after the other; an empty answer is the default. */
function answering(answers: readonly string[]) {
  const questions: string[] = [];
  const ask: Ask = (question, fallback = "") => {
    questions.push(question);
    return Promise.resolve(answers[questions.length - 1] || fallback);
  };
  return { ask, questions };
}

describe("settleChoices", () => {
  test("takes defaults where no person answers", async () => {
    expect(await settleChoices(parseArguments([]), undefined)).toEqual({
      folder: "my-service",
      server: "listen",
      client: "node",
      issuer: "built-in",
    });
  });

  test("asks for what is open only", async () => {
    const { ask, questions } = answering(["none"]);
    const settled = await settleChoices(parseArguments(["greeter", "--server", "express"]), ask);
    expect(settled).toEqual({ folder: "greeter", server: "express", client: "none", issuer: "built-in" });
    expect(questions).toHaveLength(2);
  });

  test("asks again until the answer is one that there is", async () => {
    const { ask, questions } = answering([
      "greeter",
      "hapi",
      "fastify",
      "node",
      "nowhere",
      "https://login.example.com",
    ]);
    const settled = await settleChoices(parseArguments([]), ask);
    expect(settled).toMatchObject({ server: "fastify", issuer: "https://login.example.com" });
    expect(questions).toHaveLength(6);
    expect(questions[1]).toContain("listen    one port for gRPC, gRPC-Web and Connect");
    expect(questions[5]).toMatch(/^--issuer is built-in, or the https:.*\nIssuer of the tokens/);
  });

  const obstacle =
    "Deno has no argon2, which the issuer built-in hashes passwords with: choose another --server";

  test("refuses Deno with the issuer built-in", async () => {
    const promise = settleChoices(parseArguments(["--server", "deno", "--yes"]), undefined);
    await expect(promise).rejects.toThrow(obstacle);
  });

  test("asks on Deno for the URL of an issuer, until there is one", async () => {
    const { ask, questions } = answering(["", "built-in", "https://login.example.com"]);
    const parsed = parseArguments(["greeter", "--server", "deno", "--client", "none"]);
    expect(await settleChoices(parsed, ask)).toMatchObject({ issuer: "https://login.example.com" });
    expect(questions[0]).toBe("Issuer of the tokens: the URL of an OpenID provider");
    expect(questions[2]).toContain(obstacle);
  });
});

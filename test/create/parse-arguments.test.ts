import { describe, expect, test } from "vitest";
import { parseArguments } from "../../server/create/src/parse-arguments.ts";
import { UsageError } from "../../server/create/src/usage-error.ts";
import { notEmpty } from "../support/not-empty.ts";

describe("parseArguments", () => {
  test("leaves open what is not said", () => {
    expect(parseArguments([])).toEqual({
      folder: undefined,
      choices: { server: undefined, client: undefined, issuer: undefined },
      audience: undefined,
      packages: undefined,
      takesDefaults: false,
      wantsJson: false,
      wantsHelp: false,
    });
  });

  test("reads the folder and every option", () => {
    const args =
      "greeter --server express --client none --issuer https://login.example.com/t1 --audience api";
    expect(parseArguments([...args.split(" "), "--packages", "../packages.json", "-y", "--json"])).toEqual({
      folder: "greeter",
      choices: { server: "express", client: "none", issuer: "https://login.example.com/t1" },
      audience: "api",
      packages: "../packages.json",
      takesDefaults: true,
      wantsJson: true,
      wantsHelp: false,
    });
  });

  const issuer =
    "--issuer is built-in, or the https:// URL of an issuer (http:// on this machine), without query and fragment";
  test.each(
    notEmpty([
      [
        ["--server", "hapi"],
        '--server is one of listen, express, fastify, next, hono, bun, deno, and "hapi" is not',
      ],
      [
        ["--server", "toString"],
        '--server is one of listen, express, fastify, next, hono, bun, deno, and "toString" is not',
      ],
      [["--client", "vue"], '--client is one of browser, react, node, none, and "vue" is not'],
      [["--issuer", "http://login.example.com"], issuer],
      [["--issuer", "https://login.example.com?a=b"], issuer],
      [["--issuer", "https://login.example.com#a"], issuer],
      [["--issuer", "https://login.example.com\nNODE_OPTIONS=x"], issuer],
      [["--issuer", "https://user:secret@login.example.com"], issuer],
      [["--issuer", "none"], issuer],
      [["--serve", "listen"], "Unknown option '--serve'"],
      [["a", "b"], "one folder is expected, and not 2"],
    ]),
  )("refuses %j", (args, message) => {
    expect(() => parseArguments(args)).toThrow(new UsageError(message));
  });

  test.each(
    notEmpty(["built-in", "http://127.0.0.1:8080", "http://localhost:8080", "https://login.example.com/t1"]),
  )("takes the issuer %s", (value) => {
    expect(parseArguments(["--issuer", value]).choices.issuer).toBe(value);
  });
});

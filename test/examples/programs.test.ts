import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { startProgram } from "../support/program.ts";
import { submitForms } from "../support/submit-forms.ts";
import { installExample, succeed } from "./install-example.ts";

/** Programs that end by themselves, and what they print. */
const PROGRAMS = [
  {
    name: "node-worker",
    prints: [/^job 1, by client_worker$/m, /^the token has expired:/m, /^job 8, by client_worker$/m],
  },
  {
    name: "fleet",
    prints: [1, 2].flatMap((server) => [
      new RegExp(`^server ${server}: a call is served$`, "m"),
      new RegExp(`^server ${server}: the stream has ended, refused: Unauthenticated SESSION_REVOKED$`, "m"),
      new RegExp(`^server ${server}: a call is refused: Unauthenticated SESSION_REVOKED$`, "m"),
    ]),
  },
  {
    name: "fastify-keycloak",
    prints: [
      /^a stranger opens a ticket: Unauthenticated,/m,
      /^ada opens a ticket: done$/m,
      /^ada closes it: PermissionDenied,/m,
      /^ben, an agent, closes it: done$/m,
    ],
  },
  ...["python", "go"].map((name) => ({
    name,
    prints: [
      /^without a token: unauthenticated TOKEN_MISSING$/im,
      /^the stream is renewed, for \d seconds$/m,
      /^second 12$/m,
      /^after the sign-out: unauthenticated SESSION_REVOKED$/im,
    ],
  })),
];

test.each(notEmpty(PROGRAMS))("$name is installed, and prints what it should", async ({ name, prints }) => {
  await using folder = await installExample(name);
  const options = { file: "npm", args: ["start"], cwd: folder.path };
  // Debian's, which has grpcio: the first one in the path may be another.
  const { stdout } = await succeed({ ...options, env: { PYTHON: "/usr/bin/python3" } });
  for (const pattern of prints) {
    expect(stdout).toMatch(pattern);
  }
});

test("cli is installed, and works for the user who lets its code in", async () => {
  await using folder = await installExample("cli");
  await using program = startProgram({ file: "npm", args: ["start"], cwd: folder.path });
  const [, url = ""] = await program.untilPrinted(/^Open (http\S+user_code=\S+)/m);
  await submitForms(url);
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  const [before = "", after = ""] = stdout.split(url);
  expect(before).not.toContain("added");
  expect(after).toMatch(
    /signed in[\s\S]*\nadded From the command line\n[\s\S]*\nFrom the command line, by .*#user\n/,
  );
  expect(after).toMatch(/\nsigned out\n\$ notes list\n$/);
});

test("cli ends what it has started when it is stopped", async () => {
  await using folder = await installExample("cli");
  const cwd = folder.path;
  const env = { PATH: `${cwd}/node_modules/.bin:${process.env.PATH}`, TMPDIR: cwd };
  await using program = startProgram({ file: process.execPath, args: ["start.ts"], cwd, env });
  const [, url = ""] = await program.untilPrinted(/^Open (http\S+user_code=\S+)/m);
  expect((await fetch(url)).status).toBe(200);
  await program.end("SIGTERM");
  await expect
    .poll(() =>
      fetch(url).then(
        () => "answers",
        () => "gone",
      ),
    )
    .toBe("gone");
  expect((await readdir(cwd)).filter((name) => name.startsWith("cli-"))).toEqual([]);
});

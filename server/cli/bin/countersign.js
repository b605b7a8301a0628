#!/usr/bin/env node
// Committed, so that npm can link the command before the first build has made what it runs. Plain JavaScript that any
// Node can read: an old one must be found before it meets what it does not know.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 24 || (major === 24 && minor >= 15)) {
  await import("../dist/main.js");
} else {
  process.stderr.write(
    `countersign: Node 24.15 or newer is needed, and this is ${process.versions.node}. See https://nodejs.org\n`,
  );
  process.exitCode = 1;
}

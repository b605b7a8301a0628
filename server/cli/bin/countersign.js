#!/usr/bin/env node
// Committed, so that npm can link the command before the first build has made what it runs. Plain JavaScript that any
// Node can read: an old one must be found before it meets what it does not know.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 24 || (major === 24 && minor >= 15)) {
  await import("../dist/main.js");
} else {
  const isPackaged = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
  const remedy = isPackaged
    ? `This brings one into your project, on which npx runs: npm install --save-optional node-linux-${process.arch}@26.10.0`
    : "See https://nodejs.org";
  process.stderr.write(
    `countersign: Node 24.15 or newer is needed, and this is ${process.versions.node}. ${remedy}\n`,
  );
  process.exitCode = 1;
}

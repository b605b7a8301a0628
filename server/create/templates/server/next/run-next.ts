import { loadEnvFile } from "node:process";

// Next reads `.env` by itself, but too late for the PORT that it listens on.
loadEnvFile();
await import("next/dist/bin/next");

import { defineConfig } from "vite";
import { devServer } from "./dev-server.ts";

export default defineConfig({ server: devServer });

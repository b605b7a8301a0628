import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { devServer } from "./dev-server.ts";

export default defineConfig({ plugins: [react()], server: devServer });

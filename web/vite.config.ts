import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The first browsers that know `light-dark()`, which carries both palettes in one list of tokens. */
const browsers = ["chrome123", "firefox121", "safari17.5"];

/**
 * Nothing is inlined, neither as data: nor as script: the server sends `default-src 'self'`.
 * In development the calls to the API go to the server of `gyre up`, named by GYRE_URL.
 */
export default defineConfig({
  plugins: [react(), tailwindcss()],
  cacheDir: "../node_modules/.vite-gyre",
  build: {
    outDir: "dist",
    target: browsers,
    cssTarget: browsers,
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": process.env["GYRE_URL"] ?? "http://127.0.0.1:7357" },
  },
});

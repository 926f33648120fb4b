// Copies the player of the viewer page out of node_modules, where `/static/` finds it.
// Run by `npm run build`. hls.js in full: its light build cannot play a separate sound track. The
// desk looks at the public picture without sound, so there the light one will do.

import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const target = join(root, "build", "static");

mkdirSync(target, { recursive: true });
for (const name of ["hls.min.js", "hls.worker.js", "hls.light.min.mjs"]) {
  copyFileSync(join(root, "node_modules", "hls.js", "dist", name), join(target, name));
  console.log(`build/static/${name}`);
}

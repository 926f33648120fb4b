// Parses playlists in hls-parser's strict mode: JSON array of texts on stdin, one message a failure.

import { readFileSync } from "node:fs";
import HLS from "hls-parser";

HLS.setOptions({ strictMode: true });
let failures = 0;
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    HLS.parse(text);
  } catch (error) {
    failures += 1;
    console.log(error.message);
  }
}
process.exit(failures ? 1 : 0);

// Reads PNG files as browsers write them: 8 bits a channel, without interlacing.
import { inflateSync } from "node:zlib";

/** Whichever of the three is nearest to left + up - corner, the first of equal ones. */
function paeth(left, up, corner) {
  const a = Math.abs(up - corner);
  const b = Math.abs(left - corner);
  const c = Math.abs(left + up - 2 * corner);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

const GUESSES = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

/** Undo the filter of each row (PNG, section 9). */
function unfiltered(raw, height, stride, step) {
  const out = Buffer.alloc(height * stride);
  for (let y = 0; y < height; y++) {
    const guess = GUESSES[raw[y * (stride + 1)]];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < step ? 0 : out[at - step];
      const up = y ? out[at - stride] : 0;
      const corner = y && x >= step ? out[at - stride - step] : 0;
      out[at] = raw[y * (stride + 1) + x + 1] + guess(left, up, corner);
    }
  }
  return out;
}

/** {width, height, channels, pixels}, the last in base64. */
export function readPng(file) {
  const parts = [];
  let place = 8;
  let header;
  while (place < file.length) {
    const length = file.readUInt32BE(place);
    const kind = file.toString("latin1", place + 4, place + 8);
    const body = file.subarray(place + 8, place + 8 + length);
    if (kind === "IHDR") header = body;
    if (kind === "IDAT") parts.push(body);
    place += length + 12;
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[header[9]];
  const pixels = unfiltered(inflateSync(Buffer.concat(parts)), height, width * channels, channels);
  return { width, height, channels, pixels: pixels.toString("base64") };
}

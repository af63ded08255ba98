/*
 * The part of `node:zlib` that chant uses. Packing takes most of a simulation's time and none of its interest: here the
 * bytes stand behind their length, by which a torn file is known.
 */

export function deflateSync(data: Uint8Array): Buffer {
  const packed = Buffer.alloc(data.length + 4);
  packed.writeUInt32BE(data.length);
  packed.set(data, 4);
  return packed;
}

export function inflateSync(packed: Buffer): Buffer {
  if (packed.length < 4 || packed.readUInt32BE() !== packed.length - 4) {
    throw new Error("unexpected end of file");
  }
  return packed.subarray(4);
}

/**
 * The WebSocket frames in a stream of bytes (RFC 6455), as far as a proxy needs
 * them that passes on byte for byte what it does not change.
 */

/** One unit of the stream: the HTTP head that opens it, then frames. */
export interface Piece {
  /** As they came. */
  readonly bytes: Buffer;
  /** Of a whole text frame, unmasked; undefined for all else. */
  readonly text: string | undefined;
}

const TEXT = 1;
const CLOSE = 8;
const END_OF_HEAD = "\r\n\r\n";

/** Cuts one direction of a connection into its pieces. */
export class Splitter {
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  push(chunk: Buffer): Piece[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const pieces: Piece[] = [];
    for (;;) {
      const piece = this.#isOpen ? frameIn(this.#rest) : headIn(this.#rest);
      if (!piece) return pieces;
      this.#isOpen = true;
      this.#rest = this.#rest.subarray(piece.bytes.length);
      pieces.push(piece);
    }
  }
}

function headIn(bytes: Buffer): Piece | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  return end === -1 ? undefined : { bytes: bytes.subarray(0, end + END_OF_HEAD.length), text: undefined };
}

function frameIn(bytes: Buffer): Piece | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = (second & 0x80) !== 0;
  const start = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return undefined;
  const isWholeText = first === (0x80 | TEXT);
  const payload = bytes.subarray(start, start + length);
  const text = isWholeText ? unmasked(payload, isMasked ? bytes.subarray(start - 4, start) : undefined) : undefined;
  return { bytes: bytes.subarray(0, start + length), text };
}

function unmasked(payload: Buffer, mask: Buffer | undefined): string {
  if (!mask) return payload.toString("utf8");
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString("utf8");
}

/** A frame as a server sends it: whole, and not masked. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(0x80 | opcode, 0);
  head.writeUInt8(length < 126 ? length : length < 65_536 ? 126 : 127, 1);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

export function textFrame(text: string): Buffer {
  return serverFrame(TEXT, Buffer.from(text));
}

export function binaryFrame(payload: Buffer): Buffer {
  return serverFrame(2, payload);
}

export function closeFrame(code: number, reason: string): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code, 0);
  return serverFrame(CLOSE, Buffer.concat([payload, Buffer.from(reason)]));
}

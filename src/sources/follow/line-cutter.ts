import { MAX_LINE_BYTES } from "../lines.ts";

/**
 * Bytes that come in pieces of any size, as whole lines. A line is decoded when
 * its end is there, so a character or a line that two reads cut in half is whole.
 */
export class LineCutter {
  #carry: Uint8Array[] = [];
  #carried = 0;
  readonly #maxLine: number;

  constructor(maxLine = MAX_LINE_BYTES) {
    this.#maxLine = maxLine;
  }

  /** @returns the lines that are whole now, without their line feed */
  push(bytes: Uint8Array): string[] {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    // The chunk's memory may be used again by its owner.
    if (start < chunk.length) this.#keep(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  /** Forgets a line whose end will not come. */
  drop(): void {
    this.#carry = [];
    this.#carried = 0;
  }

  #keep(piece: Uint8Array): void {
    const room = this.#maxLine - this.#carried;
    if (room > 0 && piece.length > 0) this.#carry.push(piece.length <= room ? piece : piece.subarray(0, room));
    this.#carried += piece.length;
  }

  #take(): string {
    const bytes = this.#carry.length === 1 ? (this.#carry[0] as Uint8Array) : Buffer.concat(this.#carry);
    this.drop();
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    // Whoever goes on writing at its old place in a file that was emptied leaves a hole of zeros.
    return text.includes("\0") ? text.replaceAll("\0", "") : text;
  }
}

/**
 * The records of the stream "video": a length (u32, big endian, of what follows), a type (u8) and a payload. Boundaries of
 * WebSocket messages have no meaning. The other side is `desktop/video/`.
 */
import type { Problem, Region, Size } from "../api";

/** Codecs by their names in START, best first, with an example for `VideoDecoder.isConfigSupported`. */
export const CODECS = {
  h264: "avc1.42c02a",
  vp8: "vp8",
  vp9: "vp09.00.10.08",
  av1: "av01.0.08M.08",
} as const;
export type Codec = keyof typeof CODECS;

/** Whether a full name for WebCodecs is of this codec. */
export function isOf(full: string, codec: Codec): boolean {
  return full.startsWith(CODECS[codec].slice(0, 4));
}

const START = 1;
const STOP = 2;
const SHOWN = 3;
const KEY = 4;

/** Frames that follow are of `region`, in a picture of the size `coded`, which may be larger; the next is a key frame. */
export interface Config {
  codec: string;
  region: Region;
  coded: Size;
}

export interface Frame {
  number: number;
  key: boolean;
  /** Valid until the next bytes are read. */
  data: Uint8Array<ArrayBuffer>;
}

export type Message =
  | ({ kind: "config" } & Config)
  | ({ kind: "frame" } & Frame)
  /** The region has calmed; no frames come until the next START, which has no effect for `pause` ms. */
  | { kind: "rest"; pause: number }
  /** The end of video on this connection. */
  | { kind: "problem"; problem: Problem };

/** Requests frames of a region; a later request changes the region. */
export function start(codecs: readonly Codec[], { x, y, width, height }: Region): Uint8Array<ArrayBuffer> {
  return record(START, new TextEncoder().encode(JSON.stringify({ codecs, region: [x, y, width, height] })));
}

export function stop(): Uint8Array<ArrayBuffer> {
  return record(STOP);
}

/** Frames up to this number are shown. */
export function shown(number: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, number);
  return record(SHOWN, payload);
}

/** Requests a key frame. */
export function key(): Uint8Array<ArrayBuffer> {
  return record(KEY);
}

function record(type: number, payload = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5 + payload.length);
  new DataView(bytes.buffer).setUint32(0, 1 + payload.length);
  bytes[4] = type;
  bytes.set(payload, 5);
  return bytes;
}

const HEADER = 4;
/** No key frame of a large screen is longer. */
const LONGEST = 8 << 20;
const LONGEST_JSON = 4096;
/** RFB has 16 bits for a coordinate. */
const FARTHEST = 65_535;
const KEY_FRAME = 1;

/** Reads records from bytes; throws an error at the first invalid one. */
export class RecordReader {
  private buffer = new Uint8Array(1 << 16);
  /** Start and end of the bytes that are not parsed yet. */
  private from = 0;
  private to = 0;

  /** The records that are complete with these bytes. */
  *read(bytes: Uint8Array): Generator<Message> {
    this.append(bytes);
    for (;;) {
      const record = this.next();
      if (!record) return;
      yield parse(record);
    }
  }

  private append(bytes: Uint8Array): void {
    const kept = this.to - this.from;
    if (this.to + bytes.length > this.buffer.length) {
      const target = kept + bytes.length > this.buffer.length ? new Uint8Array(2 * (kept + bytes.length)) : this.buffer;
      target.set(this.buffer.subarray(this.from, this.to));
      this.buffer = target;
      this.from = 0;
      this.to = kept;
    }
    this.buffer.set(bytes, this.to);
    this.to += bytes.length;
  }

  /** Type and payload of the next record; null while it is incomplete. */
  private next(): Uint8Array<ArrayBuffer> | null {
    const { buffer, from, to } = this;
    if (to - from < HEADER) return null;
    const length = new DataView(buffer.buffer).getUint32(from);
    if (length < 1 || length > LONGEST) throw new RangeError(`a record of ${length} bytes`);
    const end = from + HEADER + length;
    if (to < end) return null;
    this.from = end;
    return buffer.subarray(from + HEADER, end);
  }
}

function parse(record: Uint8Array<ArrayBuffer>): Message {
  const payload = record.subarray(1);
  switch (record[0]) {
    case 1:
      return { kind: "config", ...config(json(payload)) };
    case 2:
      return { kind: "frame", ...frame(payload) };
    case 3:
      return { kind: "rest", pause: pause(payload) };
    case 4:
      return { kind: "problem", problem: problem(json(payload)) };
    default:
      throw new RangeError(`a record of type ${record[0] ?? "?"}`);
  }
}

function json(payload: Uint8Array): Record<string, unknown> {
  if (payload.length > LONGEST_JSON) throw new RangeError("JSON that is too long");
  const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  if (typeof value !== "object" || value === null) throw new TypeError("JSON without an object");
  return value as Record<string, unknown>;
}

function config(value: Record<string, unknown>): Config {
  const { codec } = value;
  const [x = 0, y = 0, width = 0, height = 0] = numbers(value["region"], 4);
  const [codedWidth = 0, codedHeight = 0] = numbers(value["coded"], 2);
  if (typeof codec !== "string" || width < 1 || height < 1 || codedWidth < width || codedHeight < height) {
    throw new RangeError("a record CONFIG that is invalid");
  }
  return { codec, region: { x, y, width, height }, coded: { width: codedWidth, height: codedHeight } };
}

function numbers(value: unknown, count: number): number[] {
  const valid = Array.isArray(value) && value.length === count && value.every((one) => Number.isInteger(one) && one >= 0 && one <= FARTHEST);
  if (!valid) throw new RangeError("a record with numbers that are invalid");
  return value as number[];
}

function frame(payload: Uint8Array<ArrayBuffer>): Frame {
  if (payload.length < 6) throw new RangeError("a frame that is too short");
  const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
  return { number, key: ((payload[4] ?? 0) & KEY_FRAME) !== 0, data: payload.subarray(5) };
}

function pause(payload: Uint8Array<ArrayBuffer>): number {
  return payload.length < 4 ? 0 : new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

function problem({ message, remedy }: Record<string, unknown>): Problem {
  return {
    message: typeof message === "string" ? message : "There is no video.",
    remedy: typeof remedy === "string" ? remedy : null,
  };
}

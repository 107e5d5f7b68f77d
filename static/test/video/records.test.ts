import assert from "node:assert/strict";
import test from "node:test";
import { key, type Message, RecordReader, shown, start, stop } from "../../src/video/records";

function record(type: number, payload: Uint8Array | string = ""): Uint8Array {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(bytes.length + 1);
  header[4] = type;
  return Buffer.concat([header, bytes]);
}

function frame(number: number, flags: number, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(number);
  header[4] = flags;
  return record(2, Buffer.concat([header, data]));
}

/** The records in these bytes, read in pieces of this size. */
function read(bytes: Uint8Array, piece: number): Message[] {
  const reader = new RecordReader();
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    for (const message of reader.read(bytes.subarray(at, at + piece))) {
      messages.push("data" in message ? { ...message, data: message.data.slice() } : message);
    }
  }
  return messages;
}

const CONFIG = { codec: "avc1.42c02a", region: [0, 64, 640, 360], coded: [640, 368] };

test("the records that the page sends", () => {
  const json = '{"codecs":["h264","vp8"],"region":[64,0,640,128]}';
  assert.deepEqual(Buffer.from(start(["h264", "vp8"], { x: 64, y: 0, width: 640, height: 128 })), record(1, json));
  assert.deepEqual(Buffer.from(stop()), record(2));
  assert.deepEqual(Buffer.from(shown(0xfedcba98)), record(3, Buffer.from([0xfe, 0xdc, 0xba, 0x98])));
  assert.deepEqual(Buffer.from(key()), record(4));
});

test("records are read, whatever the borders of messages", () => {
  const big = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
  const small = Uint8Array.of(1, 2, 3);
  const bytes = Buffer.concat([
    record(1, JSON.stringify(CONFIG)),
    frame(7, 1, big),
    frame(0xffffffff, 0, small),
    record(3),
    record(3, Uint8Array.of(0, 0, 0x27, 0x10)),
    record(4, '{"message":"No encoder.","remedy":"pip install av"}'),
  ]);
  const expected: Message[] = [
    { kind: "config", codec: "avc1.42c02a", region: { x: 0, y: 64, width: 640, height: 360 }, coded: { width: 640, height: 368 } },
    { kind: "frame", number: 7, key: true, data: big },
    { kind: "frame", number: 0xffffffff, key: false, data: small },
    { kind: "rest", pause: 0 },
    { kind: "rest", pause: 10_000 },
    { kind: "problem", problem: { message: "No encoder.", remedy: "pip install av" } },
  ];
  for (const piece of [1, 2, 7, 1000, 65_536, bytes.length]) assert.deepEqual(read(bytes, piece), expected, `${piece}`);
});

test("many records need no more memory than the largest", () => {
  const reader = new RecordReader();
  const bytes = frame(1, 0, new Uint8Array(10_000));
  for (let count = 0; count < 1000; count += 1) assert.equal([...reader.read(bytes)].length, 1);
  assert.ok((reader as unknown as { buffer: Uint8Array }).buffer.length <= 1 << 16);
});

test("an invalid record is an error", () => {
  const config = (change: object): Uint8Array => record(1, JSON.stringify({ ...CONFIG, ...change }));
  const wrong: Record<string, Uint8Array> = {
    "without a type": Uint8Array.of(0, 0, 0, 0),
    "too long": Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    "of an unknown type": record(9),
    "a frame without its number": record(2, Uint8Array.of(0, 0, 0, 1)),
    "JSON that is none": record(1, "{"),
    "JSON of another kind": record(1, "null"),
    "JSON that is not UTF-8": record(1, Uint8Array.of(0xff)),
    "JSON that is too long": record(4, JSON.stringify({ message: "x".repeat(5000) })),
    "no codec": config({ codec: 1 }),
    "no region": config({ region: undefined }),
    "a region of text": config({ region: ["0", "0", "1", "1"] }),
    "a region with a fraction": config({ region: [0, 0, 1.5, 1] }),
    "a region left of the screen": config({ region: [-1, 0, 10, 10] }),
    "an empty region": config({ region: [0, 0, 0, 10] }),
    "a picture smaller than the region": config({ coded: [639, 368] }),
    "a huge picture": config({ coded: [70_000, 368] }),
  };
  for (const [name, bytes] of Object.entries(wrong)) assert.throws(() => read(bytes, bytes.length), Error, name);
});

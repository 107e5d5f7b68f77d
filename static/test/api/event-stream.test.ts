import assert from "node:assert/strict";
import { test } from "node:test";
import { readEvents } from "../../src/api/event-stream";

const TEXT = 'event: state\ndata: {"name":"é😀"}\n\n: still here\n\nevent: log\ndata: {"lines":["a: b"]}\n\n';

async function read(pieces: Uint8Array[]): Promise<[string, string][]> {
  const heard: [string, string][] = [];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new Uint8Array(piece));
      controller.close();
    },
  });
  await readEvents(stream, (type, data) => heard.push([type, data]));
  return heard;
}

test("events are read from a stream in pieces of any size", async () => {
  const bytes = new TextEncoder().encode(TEXT);
  const expected = [["state", '{"name":"é😀"}'], ["log", '{"lines":["a: b"]}']];
  assert.deepEqual(await read([bytes]), expected);
  assert.deepEqual(await read([...bytes].map((byte) => Uint8Array.of(byte))), expected);
});

test("an incomplete event is not reported", async () => {
  assert.deepEqual(await read([new TextEncoder().encode("event: state\ndata: {}\n")]), []);
});

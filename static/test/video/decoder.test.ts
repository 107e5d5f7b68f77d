import assert from "node:assert/strict";
import test from "node:test";
import { Decoder } from "../../src/video/decoder";
import type { Config } from "../../src/video/records";

const CONFIG: Config = { codec: "vp8", region: { x: 0, y: 0, width: 64, height: 64 }, coded: { width: 64, height: 64 } };

/** Holds frames until `output` is called. */
class FakeDecoder {
  static last: FakeDecoder;
  state = "unconfigured";
  decodeQueueSize = 0;
  readonly waiting: number[] = [];

  constructor(private readonly callbacks: { output: (frame: object) => void; error: () => void }) {
    FakeDecoder.last = this;
  }

  configure(): void {
    this.state = "configured";
  }

  decode({ timestamp }: { timestamp: number }): void {
    this.waiting.push(timestamp);
  }

  output(): void {
    for (const timestamp of this.waiting.splice(0)) this.callbacks.output({ timestamp, close: () => undefined });
  }

  fail(): void {
    this.state = "closed";
    this.callbacks.error();
  }

  close(): void {
    this.state = "closed";
  }
}

/** A chunk is the object that it is made of. */
function FakeChunk(values: object): object {
  return values;
}

Object.assign(globalThis, { VideoDecoder: FakeDecoder, EncodedVideoChunk: FakeChunk });

function made(): { decoder: Decoder; happened: string[] } {
  const happened: string[] = [];
  const note = (name: string) => (value?: unknown): void => { happened.push(typeof value === "number" ? `${name} ${value}` : name); };
  const sink = { show: note("show"), clear: note("clear") };
  const [began, shown, skipped, unknown, needsKey] = ["began", "shown", "skipped", "unknown", "needsKey"].map(note);
  assert.ok(began && shown && skipped && unknown && needsKey);
  return { decoder: new Decoder(sink, { began, shown, skipped, unknown, needsKey }), happened };
}

function frame(number: number, key = false): { number: number; key: boolean; data: Uint8Array<ArrayBuffer> } {
  return { number, key, data: new Uint8Array(1) };
}

test("the last frame stays in the sink after a stop", () => {
  const { decoder, happened } = made();
  decoder.configure(CONFIG);
  decoder.decode(frame(1, true));
  FakeDecoder.last.output();
  decoder.stop();
  assert.deepEqual(happened, ["show", "shown 1", "began"]);
});

test("frames in a decoder that is closed are acknowledged", () => {
  const larger = { ...CONFIG, region: { ...CONFIG.region, x: 64 } };
  const ends: [string, (decoder: Decoder) => void, string[]][] = [
    ["stopped", (decoder) => { decoder.stop(); }, ["skipped 3"]],
    ["another configuration", (decoder) => { decoder.configure(larger); }, ["skipped 3"]],
    ["failed", () => { FakeDecoder.last.fail(); }, ["skipped 3"]],
  ];
  for (const [name, end, expected] of ends) {
    const { decoder, happened } = made();
    decoder.configure(CONFIG);
    decoder.decode(frame(1, true));
    FakeDecoder.last.output();
    decoder.decode(frame(2));
    decoder.decode(frame(3));
    happened.length = 0;
    end(decoder);
    assert.deepEqual(happened, expected, name);
    decoder.stop();
    assert.deepEqual(happened, expected, name);
  }
});

test("frames that come while none is expected are acknowledged", () => {
  const { decoder, happened } = made();
  decoder.decode(frame(1, true));
  decoder.configure(CONFIG);
  decoder.stop();
  decoder.decode(frame(2, true));
  assert.deepEqual(happened, ["skipped 1", "skipped 2"]);
});

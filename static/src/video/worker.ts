/** The worker owns the connection, the decoder and the sink, so that the page delays no frame. */
import type { Region } from "../api";
import { Owner } from "../dom/owner";
import { Link } from "../wire";
import { Decoder } from "./decoder";
import { type Codec, CODECS, isOf, key, type Message, RecordReader, shown, start, stop } from "./records";
import { CanvasSink, type Sink, TrackSink } from "./sink";
import type { FromWorker, ToWorker } from "./worker-messages";

/** The global object; TypeScript's types for it exclude those of the page. */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  /** Safari; Chromium has it in the page only, by another name. */
  VideoTrackGenerator?: new () => { track: MediaStreamTrack; writable: WritableStream<VideoFrame> };
};

const LOOK_MS = 250;
const STALLED_MS = 1000;
/** A first frame is large, the line may be slow, and RFB shows the region meanwhile. */
const FIRST_MS = 10_000;

/** The connection, from its opening to its end. */
class Stream {
  private readonly owner = new Owner();
  private readonly link: Link;
  private readonly reader = new RecordReader();
  private readonly decoder: Decoder;
  /** Time until which a frame has to come; null while none is expected. */
  private until: number | null = null;
  /** The requested region. */
  private region: Region | null = null;

  constructor({ address, protocols, openMs }: ToWorker & { do: "open" }, private codecs: Codec[], sink: Sink) {
    this.decoder = new Decoder(sink, {
      began: ({ region, coded }) => { scope.postMessage({ kind: "shown", region, coded }); },
      shown: (number) => { this.shown(number); },
      // The server limits the number of frames that are under way.
      skipped: (number) => { this.link.send(shown(number)); },
      unknown: ({ codec }) => { this.withoutCodec(codec); },
      needsKey: () => { this.link.send(key()); },
    });
    this.link = new Link(address, protocols, openMs, this.owner);
    this.link.onopen = () => { scope.postMessage({ kind: "opened" }); };
    this.link.onmessage = ({ data }) => { this.received(new Uint8Array(data)); };
    this.link.onended = () => {
      this.close();
      scope.postMessage({ kind: "closed" });
    };
    this.owner.every(LOOK_MS, () => { this.look(); });
  }

  start(region: Region): void {
    this.region = region;
    this.until = performance.now() + FIRST_MS;
    this.link.send(start(this.codecs, region));
  }

  stop(): void {
    this.until = null;
    this.decoder.stop();
    this.link.send(stop());
  }

  close(): void {
    this.until = null;
    this.decoder.stop();
    this.owner.dispose();
  }

  private received(bytes: Uint8Array): void {
    try {
      for (const message of this.reader.read(bytes)) this.take(message);
    } catch (error) {
      console.error(error);
      this.link.close();
    }
  }

  private take(message: Message): void {
    switch (message.kind) {
      case "config":
        // Otherwise the page has stopped, and these frames were already on their way.
        if (this.until !== null) this.decoder.configure(message);
        break;
      case "frame":
        this.decoder.decode(message);
        break;
      case "rest":
        this.until = null;
        scope.postMessage(message);
        break;
      case "problem":
        this.until = null;
        scope.postMessage(message);
    }
  }

  /** The server chooses another codec, or reports a problem. */
  private withoutCodec(codec: string): void {
    this.codecs = this.codecs.filter((name) => !isOf(codec, name));
    this.decoder.stop();
    if (this.until !== null && this.region) this.start(this.region);
  }

  private shown(number: number): void {
    this.link.send(shown(number));
    if (this.until !== null) this.until = performance.now() + STALLED_MS;
  }

  private look(): void {
    if (this.until === null) return;
    scope.postMessage({ kind: "alive" });
    if (performance.now() < this.until) return;
    this.until = null;
    scope.postMessage({ kind: "stalled" });
  }
}

async function decodable(): Promise<Codec[]> {
  const names = Object.keys(CODECS) as Codec[];
  const known = await Promise.all(names.map((name) => supports(CODECS[name])));
  return names.filter((_, index) => known[index]);
}

async function supports(codec: string): Promise<boolean> {
  try {
    return (await VideoDecoder.isConfigSupported({ codec })).supported === true;
  } catch {
    return false;
  }
}

let sink: Sink | null = null;
let stream: Stream | null = null;
const codecs = decodable();

async function run(message: ToWorker): Promise<void> {
  switch (message.do) {
    case "show-on":
      sink ??= message.target instanceof WritableStream ? new TrackSink(message.target) : new CanvasSink(message.target);
      break;
    case "open":
      stream?.close();
      if (sink) stream = new Stream(message, await codecs, sink);
      break;
    case "close":
      stream?.close();
      stream = null;
      break;
    case "start":
      stream?.start(message.region);
      break;
    case "stop":
      stream?.stop();
      break;
    case "hide":
      sink?.clear();
  }
}

scope.onmessage = ({ data }) => void run(data);

void codecs.then((known) => {
  const generator = known.length > 0 && scope.VideoTrackGenerator ? new scope.VideoTrackGenerator() : null;
  if (generator) sink = new TrackSink(generator.writable);
  const track = generator?.track ?? null;
  scope.postMessage({ kind: "ready", codecs: known.length > 0, track }, track ? [track] : []);
});

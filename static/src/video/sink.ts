/** Ways to show frames. */

export interface Sink {
  /** Takes the frame, and closes it. */
  show(frame: VideoFrame): void;
  /** Removes the last frame. */
  clear(): void;
}

/** A track in a <video>: costs a third of a canvas, since the browser's compositor takes the frames as they are. */
export class TrackSink implements Sink {
  private readonly writer: WritableStreamDefaultWriter<VideoFrame>;

  constructor(stream: WritableStream<VideoFrame>) {
    this.writer = stream.getWriter();
    this.writer.closed.catch(() => undefined);
  }

  show(frame: VideoFrame): void {
    // A frame that is not shown yet is replaced by this one; the track has no longer queue.
    this.writer.write(frame).catch(() => { frame.close(); });
  }

  clear(): void {
    // The page does it, by a restart of the <video>.
  }
}

export class CanvasSink implements Sink {
  private readonly context: OffscreenCanvasRenderingContext2D | null;

  constructor(private readonly canvas: OffscreenCanvas) {
    this.context = canvas.getContext("2d");
  }

  show(frame: VideoFrame): void {
    const { canvas, context } = this;
    const { displayWidth: width, displayHeight: height } = frame;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context?.drawImage(frame, 0, 0);
    frame.close();
  }

  clear(): void {
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }
}

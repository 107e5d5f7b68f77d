/**
 * A compressed picture on its way to the canvas: decoded in the background, drawn once, then closed. In noVNC 1.7.0 it
 * stands in for an image element (novnc.mjs).
 */
export default class DecodedImage {
  /** Decoding is over, well or not. */
  complete = false;
  /** The picture to draw; null until it is complete, and where it cannot be decoded. */
  source: ImageBitmap | HTMLImageElement | null = null;
  /** Fulfilled once it is complete, never rejected. */
  readonly settled: Promise<void>;

  constructor(type: string, bytes: Uint8Array<ArrayBuffer>) {
    // The bytes are copied at once: they may lie in a receive queue.
    this.settled = this.decode(new Blob([bytes], { type }));
  }

  get width(): number {
    return this.source?.width ?? 0;
  }

  get height(): number {
    return this.source?.height ?? 0;
  }

  /** Gives the memory back at once. */
  close(): void {
    if (this.source && "close" in this.source) this.source.close();
    this.source = null;
  }

  private async decode(blob: Blob): Promise<void> {
    try {
      this.source = await ("createImageBitmap" in globalThis ? createImageBitmap(blob) : decodeInElement(blob));
    } catch {
      // Not a picture; so there is no source.
    }
    this.complete = true;
  }
}

async function decodeInElement(blob: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/**
 * A compressed image: decoded in the background, drawn once, then closed. In noVNC 1.7.0 it replaces an image element
 * (novnc.mjs).
 */
export default class DecodedImage {
  /** Decoding has succeeded or failed. */
  complete = false;
  /** The image to draw; null until it is complete, and if it cannot be decoded. */
  source: ImageBitmap | HTMLImageElement | null = null;
  /** Resolves once complete, never rejects. */
  readonly settled: Promise<void>;

  constructor(type: string, bytes: Uint8Array<ArrayBuffer>) {
    // The Blob copies the bytes at once: they may be part of a receive queue.
    this.settled = this.decode(new Blob([bytes], { type }));
  }

  get width(): number {
    return this.source?.width ?? 0;
  }

  get height(): number {
    return this.source?.height ?? 0;
  }

  /** Frees the memory at once. */
  close(): void {
    if (this.source && "close" in this.source) this.source.close();
    this.source = null;
  }

  private async decode(blob: Blob): Promise<void> {
    try {
      this.source = await ("createImageBitmap" in globalThis ? createImageBitmap(blob) : decodeInElement(blob));
    } catch {
      // Not an image: `source` stays null.
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

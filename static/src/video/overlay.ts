/** The element that shows video over a region of the desktop's canvas. */
import type { Region, Size } from "../api";
import { Owner } from "../dom/owner";

/** The worker writes frames to it. */
export type Target = WritableStream<VideoFrame> | OffscreenCanvas;

interface Place {
  region: Region;
  coded: Size;
}

export class Overlay {
  private readonly element = document.createElement("div");
  /** Shows the frames: in a <video>, or in a canvas, which takes three times the CPU. */
  private picture: HTMLVideoElement | HTMLCanvasElement | null = null;
  private stream: MediaStream | null = null;
  private place: Place | null = null;
  /** Follows the desktop's element while the overlay is visible. */
  private follows: Owner | null = null;

  constructor(
    private readonly screen: HTMLElement,
    private readonly canvas: HTMLElement,
    private readonly size: () => Size,
    private readonly owner: Owner,
  ) {
    this.element.className = "video";
    this.element.ariaHidden = "true";
    this.element.hidden = true;
    owner.finally(() => { this.dispose(); });
  }

  /** Makes the element that shows frames, of the worker's track if there is one. Returns the worker's target; null if it has its own. */
  open(track: MediaStreamTrack | null): Target | null {
    const made = track === null && "MediaStreamTrackGenerator" in window ? new MediaStreamTrackGenerator({ kind: "video" }) : null;
    const shown = track ?? made;
    this.picture = shown ? this.video(shown) : document.createElement("canvas");
    this.element.replaceChildren(this.picture);
    this.screen.append(this.element);
    if (made) return made.writable;
    return this.picture instanceof HTMLCanvasElement ? this.picture.transferControlToOffscreen() : null;
  }

  /** Without a frame the overlay is transparent. */
  show(region: Region, coded: Size): void {
    this.place = { region, coded };
    this.element.hidden = false;
    this.fit();
    if (this.follows) return;
    this.follows = new Owner(this.owner);
    const resized = new ResizeObserver(() => { this.fit(); });
    for (const one of [this.screen, this.canvas]) resized.observe(one);
    this.follows.finally(() => { resized.disconnect(); });
  }

  hide(): void {
    this.element.hidden = true;
    this.place = null;
    this.follows?.dispose();
    this.follows = null;
  }

  /** Removes the last frame of an earlier video (the worker does it in a canvas). */
  clear(): void {
    if (this.picture instanceof HTMLVideoElement) this.play(this.picture);
  }

  /** Draws the desktop as it is shown: its own picture, and the video over it. */
  draw(desktop: HTMLCanvasElement): HTMLCanvasElement {
    const { place, picture } = this;
    if (!place || !picture) return desktop;
    const copy = document.createElement("canvas");
    copy.width = desktop.width;
    copy.height = desktop.height;
    const context = copy.getContext("2d");
    if (!context) return desktop;
    context.drawImage(desktop, 0, 0);
    const { region: { x, y, width, height } } = place;
    context.drawImage(picture, 0, 0, width, height, x, y, width, height);
    return copy;
  }

  private video(track: MediaStreamTrack): HTMLVideoElement {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.disablePictureInPicture = true;
    this.stream = new MediaStream([track]);
    this.play(video);
    return video;
  }

  private play(video: HTMLVideoElement): void {
    video.srcObject = null;
    video.srcObject = this.stream;
    // Playing starts with the first frame, and fails if there is none before the next call.
    video.play().catch(() => undefined);
  }

  /** Puts the picture over the region, to the pixel, whatever the scale. */
  private fit(): void {
    const { place, picture } = this;
    if (!place || !picture) return;
    const { region, coded } = place;
    const outer = this.screen.getBoundingClientRect();
    const inner = this.canvas.getBoundingClientRect();
    const { width, height } = this.size();
    const scaleX = inner.width / width;
    const scaleY = inner.height / height;
    set(this.element, {
      left: inner.left - outer.left + region.x * scaleX,
      top: inner.top - outer.top + region.y * scaleY,
      width: region.width * scaleX,
      height: region.height * scaleY,
    });
    set(picture, { width: coded.width * scaleX, height: coded.height * scaleY });
  }

  private dispose(): void {
    this.hide();
    this.element.remove();
    if (this.picture instanceof HTMLVideoElement) this.picture.srcObject = null;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
  }
}

function set(element: HTMLElement, pixels: Record<string, number>): void {
  for (const [name, value] of Object.entries(pixels)) element.style.setProperty(name, `${value}px`);
}

/** The part of noVNC 1.7.0 that this page uses; see docs/API.md in its package. */
declare module "@novnc/novnc" {
  export default class RFB extends EventTarget {
    static readonly messages: {
      extendedClipboardProvide(socket: object, formats: number[], data: string[]): void;
      enableContinuousUpdates(socket: object, enable: boolean, x: number, y: number, width: number, height: number): void;
      fbUpdateRequest(socket: object, incremental: boolean, x: number, y: number, width: number, height: number): void;
    };
    readonly _sock: object;
    readonly _clipboardServerCapabilitiesActions: Record<number, boolean>;
    readonly _display: { flush(): Promise<void> };
    /** The current rectangle. */
    readonly _FBU: { x: number; y: number; width: number; height: number; encoding: number | null };
    /** The display server sends updates without requests for them. */
    _enabledContinuousUpdates: boolean;
    /** These three return whether they are done, false if more data is needed. */
    _normalMsg(): boolean;
    _framebufferUpdate(): boolean;
    _handleDataRect(): boolean;
    _updateContinuousUpdates(): void;
    constructor(
      target: HTMLElement,
      channel: object,
      options?: { shared?: boolean; credentials?: { password?: string } },
    );
    background: string;
    compressionLevel: number;
    focusOnClick: boolean;
    qualityLevel: number;
    resizeSession: boolean;
    scaleViewport: boolean;
    viewOnly: boolean;
    clipboardPasteFrom(text: string): void;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    sendKey(keysym: number, code: string, down?: boolean): void;
  }
}

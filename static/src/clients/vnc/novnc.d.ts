/** The part of noVNC 1.7.0 that this page uses; see docs/API.md in its package. */
declare module "@novnc/novnc" {
  export default class RFB extends EventTarget {
    static readonly messages: {
      extendedClipboardProvide(socket: object, formats: number[], data: string[]): void;
    };
    readonly _sock: object;
    readonly _clipboardServerCapabilitiesActions: Record<number, boolean>;
    constructor(
      target: HTMLElement,
      channel: object,
      options?: { shared?: boolean; credentials?: { password?: string } },
    );
    background: string;
    focusOnClick: boolean;
    resizeSession: boolean;
    scaleViewport: boolean;
    viewOnly: boolean;
    clipboardPasteFrom(text: string): void;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    sendKey(keysym: number, code: string, down?: boolean): void;
  }
}

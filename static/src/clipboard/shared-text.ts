/** Remembers which text each side has, so that no text is sent twice or back to its origin. */
export class SharedText {
  /** The text of the browser's clipboard, with LF line ends; null if unknown. */
  private inBrowser: string | null = null;
  /** The text of the desktop's clipboard, with LF line ends; null if unknown. */
  private onDesktop: string | null = null;
  /** Something else may have been copied outside the page since `inBrowser` was known. */
  private left = false;
  /** The desktop's text before the connection: the display server sends it again. */
  private onDesktopBefore: string | null = null;

  /** A text was found in the browser's clipboard. Returns whether it is new to the desktop. */
  fromBrowser(text: string): boolean {
    const known = plain(text);
    this.written(text);
    if (known === "" || known === this.onDesktop) return false;
    this.onDesktop = known;
    return true;
  }

  /** A text came from the desktop. Returns whether it is to be written to the browser's clipboard. */
  fromDesktop(text: string): boolean {
    const known = plain(text);
    const again = known === this.onDesktopBefore;
    this.onDesktop = known;
    this.onDesktopBefore = null;
    if (again && known === this.inBrowser) return false;
    return known !== "" && !this.browserHas(text);
  }

  /** A write begins: until it ends, browsers may have either text. */
  writes(): void {
    this.inBrowser = null;
  }

  /** The text reached the browser's clipboard. */
  written(text: string): void {
    this.inBrowser = plain(text);
    this.left = false;
  }

  /** The page lost the focus: some browsers do not report that something is copied elsewhere. */
  leave(): void {
    this.left = true;
  }

  browserHas(text: string): boolean {
    return !this.left && this.inBrowser === plain(text);
  }

  /**
   * A new connection: the display server dropped what the old one had offered.
   * Returns text to offer again, if the browser's was the newest.
   */
  reconnected(): string | null {
    const offered = this.inBrowser !== null && this.inBrowser === this.onDesktop ? this.inBrowser : null;
    this.onDesktopBefore = this.onDesktop ?? this.onDesktopBefore;
    if (offered === null) this.onDesktop = null;
    return offered === "" ? null : offered;
  }
}

/** Windows' clipboard turns line ends into CR LF; the desktop's has LF. */
function plain(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

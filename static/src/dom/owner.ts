/** Holds resources (listeners, timers, sockets) and releases all of them at once. */
export class Owner {
  /** Called on disposal, in this order. */
  private readonly releases = new Set<() => void>();
  private readonly controller = new AbortController();

  constructor(parent?: Owner) {
    const forget = parent?.finally(() => {
      this.dispose();
    });
    if (forget) this.releases.add(forget);
  }

  /** For fetch(), which takes a signal. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get disposed(): boolean {
    return this.controller.signal.aborted;
  }

  dispose(): void {
    if (this.disposed) return;
    this.controller.abort();
    for (const release of [...this.releases]) release();
    this.releases.clear();
  }

  /** Calls `release` on disposal, at once if already disposed. Returns a function that removes `release` again. */
  finally(release: () => void): () => void {
    if (this.disposed) release();
    else this.releases.add(release);
    return () => this.releases.delete(release);
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the event's type follows from its name
  listen<E extends Event = Event>(
    target: EventTarget,
    types: string,
    handler: (event: E) => void,
    options: AddEventListenerOptions = {},
  ): void {
    for (const type of types.split(" ")) {
      target.addEventListener(type, handler as (event: Event) => void, { ...options, signal: this.signal });
    }
  }

  /** Calls back once, unless disposed of before. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void {
    const cancel = (): void => {
      clearTimeout(timer);
      forget();
    };
    const timer = setTimeout(() => {
      forget();
      callback();
    }, ms);
    const forget = this.finally(cancel);
    return cancel;
  }

  every(ms: number, callback: () => void): void {
    const timer = setInterval(callback, ms);
    this.finally(() => {
      clearInterval(timer);
    });
  }
}

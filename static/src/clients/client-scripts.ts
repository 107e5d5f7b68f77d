/** Loads a client: first the scripts that it needs, then our module (the page preloads one). */
import { type ClientFiles, Failure } from "../api";
import type { ClientModule } from "./client";

export class ClientScripts {
  /** Clients that are loading or loaded, by backend. */
  private readonly loading = new Map<string, Promise<ClientModule>>();
  /** Failed attempts to load a script. */
  private attempts = 0;

  constructor(private readonly clients: Record<string, ClientFiles>) {}

  async load(backend: string): Promise<ClientModule> {
    const files = this.clients[backend];
    if (!files) throw new Failure("no-client", { problem: unknown(backend) });
    if (files.problem) throw new Failure("no-client", { problem: files.problem });
    const loading = this.loading.get(backend) ?? this.run(files);
    this.loading.set(backend, loading);
    try {
      return await loading;
    } catch {
      if (this.loading.delete(backend)) this.attempts += 1;
      throw new Failure("unreachable");
    }
  }

  /** Loads a client early, if it can. */
  prepare(backend: string): void {
    if (this.clients[backend]?.problem === null) this.load(backend).catch(() => undefined);
  }

  /** After a failure, loads all scripts again: those after the failed one have run without it. */
  private async run({ module, scripts }: ClientFiles): Promise<ClientModule> {
    await Promise.all(scripts.map((address) => runScript(this.fresh(address))));
    return (await import(this.fresh(module))) as ClientModule;
  }

  /** After a failure, a new URL: a browser may remember that a script could not be loaded. */
  private fresh(address: string): string {
    const whole = new URL(address, document.baseURI);
    if (this.attempts > 0) whole.searchParams.set("attempt", String(this.attempts));
    return whole.href;
  }
}

/** Adds a classic script; scripts run in the order in which they were added. */
function runScript(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.async = false;
    script.addEventListener("load", () => {
      resolve();
    });
    script.addEventListener("error", () => {
      reject(new Error(address));
    });
    script.src = address;
    document.head.append(script);
  });
}

function unknown(backend: string): { reason: string; message: string; remedy: string } {
  return {
    reason: "client-unknown",
    message: `This page cannot show desktops of the display server "${backend}".`,
    remedy: "Jupyter may have been updated since this page was opened. Load the page again.",
  };
}

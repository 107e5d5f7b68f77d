/** The server's HTTP API for one session, and the one place that calls it. */
import type { Owner } from "../dom/owner";
import { Failure } from "./failure";
import type { PageData } from "./page-data";
import type { Access, Problem, Session, Share, Stream, Ticket } from "./session";
import type { Size } from "./size";

/** Short enough for the desktop to be back within 5 s when an attempt hangs on a link that just returned. */
const QUICK_MS = 3500;
/** The server answers as soon as the start is under way. */
const START_MS = 8000;
/** The first ticket for video starts the encoder, which has 15 s; the server's answer says why it failed. */
const VIDEO_MS = 20_000;
/** Sharing may start another display server, for view-only guests. */
const SHARE_MS = 20_000;
/** Stopping takes as long as the programs take to close. */
const STOP_MS = 30_000;

/** The server's API for one session. Any unexpected answer becomes a Failure. */
export class Api {
  private readonly root: URL;
  private readonly path: string;

  /** `choice` returns the user's options for a new desktop. */
  constructor(
    private readonly page: PageData,
    private readonly choice: () => object = () => ({}),
  ) {
    this.root = new URL(page.root, document.baseURI);
    this.path = `api/sessions/${encodeURIComponent(page.session)}`;
  }

  /** Starts the session if there is none or it has ended. */
  start(owner: Owner): Promise<Session> {
    return this.call("POST", "api/sessions", owner, START_MS, { name: this.page.session, ...this.wishes() }) as Promise<Session>;
  }

  restart(owner: Owner): Promise<Session> {
    return this.call("POST", `${this.path}/restart`, owner, STOP_MS, this.wishes()) as Promise<Session>;
  }

  async stop(owner: Owner): Promise<void> {
    await this.call("DELETE", this.path, owner, STOP_MS);
  }

  ask(owner: Owner): Promise<Session> {
    return this.call("GET", this.path, owner, QUICK_MS) as Promise<Session>;
  }

  /** `page` identifies this page: a new connection of a page replaces its older one, for the same stream. */
  ticket(page: string, owner: Owner, stream: Stream = "desktop"): Promise<Ticket> {
    const limit = stream === "video" ? VIDEO_MS : QUICK_MS;
    return this.call("POST", `${this.path}/ticket`, owner, limit, { client: page, stream, ...this.by() }) as Promise<Ticket>;
  }

  /** A new link to the desktop, for `lifetime` seconds. */
  share(access: Access, lifetime: number, owner: Owner): Promise<Share> {
    return this.call("POST", `${this.path}/share`, owner, SHARE_MS, { access, lifetime }) as Promise<Share>;
  }

  /** The links in force, the newest last. */
  async shares(owner: Owner): Promise<Share[]> {
    return ((await this.call("GET", `${this.path}/shares`, owner, QUICK_MS)) as { shares: Share[] }).shares;
  }

  async endShare(id: string, owner: Owner): Promise<void> {
    await this.call("DELETE", `${this.path}/shares/${encodeURIComponent(id)}`, owner, QUICK_MS);
  }

  async disconnect(viewerId: number, owner: Owner): Promise<void> {
    await this.call("DELETE", `${this.path}/viewers/${viewerId}`, owner, QUICK_MS);
  }

  async resize({ width, height }: Size, owner: Owner): Promise<void> {
    await this.call("PUT", `${this.path}/geometry`, owner, QUICK_MS, { geometry: `${width}x${height}`, ...this.by() });
  }

  /** The session's server-sent events. */
  async events(owner: Owner): Promise<ReadableStream<BufferSource>> {
    const response = await this.fetch("GET", `${this.path}/events`, owner.signal);
    if (!response.ok || !response.body) throw await failure(response, this.page.hub !== null);
    return response.body;
  }

  /** The full URL of a share, for other people's browsers. */
  linkOf(share: Share): string {
    return new URL(share.url, this.root).href;
  }

  socketAddress(ticket: Ticket): string {
    const address = new URL(ticket.socket_url, this.root);
    address.protocol = address.protocol.replace("http", "ws");
    return address.href;
  }

  /** Options of a new desktop. */
  private wishes(): object {
    const { backend, application } = this.page;
    const asked = { ...(backend === null ? {} : { backend }), ...(application === null ? {} : { application }) };
    return { geometry: windowSize(), ...asked, ...this.choice() };
  }

  /** The share that authorises a guest's request. */
  private by(): object {
    const { share } = this.page;
    return share === null ? {} : { share };
  }

  private async call(method: string, path: string, owner: Owner, limit: number, body?: object): Promise<unknown> {
    const aborter = new AbortController();
    const abort = (): void => {
      aborter.abort();
    };
    const forget = owner.finally(abort);
    const cancel = owner.after(limit, abort);
    try {
      return await this.exchange(method, path, aborter.signal, body);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure("unreachable");
    } finally {
      cancel();
      forget();
    }
  }

  private async exchange(method: string, path: string, signal: AbortSignal, body?: object): Promise<unknown> {
    const response = await this.fetch(method, path, signal, body);
    if (response.status === 204) return null;
    if (!response.ok) throw await failure(response, this.page.hub !== null);
    return response.json();
  }

  private fetch(method: string, path: string, signal: AbortSignal, body?: object): Promise<Response> {
    return fetch(new URL(path, this.root), {
      method,
      signal,
      cache: "no-store",
      credentials: "same-origin",
      // This page's address may hold the key of a link, and JupyterHub logs the headers of a request that failed.
      referrerPolicy: "origin",
      // A redirect leads to a login page, so it is detected, not followed.
      redirect: "manual",
      headers: {
        // With GET as well: JupyterHub refuses requests of scripts without it.
        "X-XSRFToken": this.page.xsrf,
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }
}

/** Initial size of a new desktop: nothing on it has to move when the page connects. */
function windowSize(): string {
  const { clientWidth, clientHeight } = document.documentElement;
  return clientWidth > 99 && clientHeight > 99 ? `${clientWidth}x${clientHeight}` : "";
}

async function failure(response: Response, atHub: boolean): Promise<Failure> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const { reason, message } = problem;
  if (reason === undefined || !message || reason.startsWith("http-")) return foreign(response, atHub && reason === undefined);
  if (reason === "forbidden") return new Failure("signed-out");
  if (reason === "unknown-session" || reason === "session-ended") return new Failure("gone");
  if (reason === "not-ready") return new Failure("not-ready");
  return new Failure("refused", { problem: { ...problem, message } });
}

/** An answer without a Problem of ours comes from Jupyter, or from a hub or a proxy in between. */
function foreign({ status, type }: Response, fromHub: boolean): Failure {
  // JupyterHub answers for a server that is not running: it redirects, or forbids.
  if (fromHub && status < 500) return new Failure("not-running");
  if (type === "opaqueredirect" || status === 401 || status === 403) return new Failure("signed-out");
  return new Failure("unreachable");
}

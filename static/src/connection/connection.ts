/** Connections to the desktop. */
import { type Access, type Api, Failure, type FailureKind, type Size, type Ticket } from "../api";
import type { Client, ClientModule } from "../clients";
import { Owner } from "../dom/owner";
import { openVideo, type Video } from "../video";
import { CLOSING, Link } from "../wire";

const HANDSHAKE_MS = 4000;
/** A page that has just opened, and a desktop that starts, have more important work than video. */
const VIDEO_AFTER_MS = 1000;

/** Closing codes and the failures that they mean. */
const MEANING: Partial<Record<number, FailureKind>> = {
  [CLOSING.SESSION_ENDED]: "gone",
  [CLOSING.TAKEN_OVER]: "elsewhere",
  [CLOSING.ENDED]: "disconnected",
  [CLOSING.NOT_AUTHORISED]: "not-authorised",
};

export interface ConnectionEvents {
  clipboard(text: string): void;
  resized(size: Size): void;
  wantsKeys(): void;
}

/** One connection to the desktop, from ticket to end. A new one is made for each attempt. */
export class Connection {
  readonly owner: Owner;
  readonly link: Link;
  readonly client: Client;
  readonly access: Access;
  /** This page's id among the session's viewers. */
  readonly viewerId: number;
  /** Resolves once the client is connected, and rejects if the connection ends before. */
  readonly up: Promise<void>;
  /** Resolves with the reason once the connection has ended. */
  readonly ended: Promise<Failure>;
  /** Video over the desktop; null while there is none. */
  private video: Video | null = null;

  constructor(
    private readonly api: Api,
    ticket: Ticket,
    module: ClientModule,
    private readonly screen: HTMLElement,
    events: ConnectionEvents,
    parent: Owner,
  ) {
    this.owner = new Owner(parent);
    this.access = ticket.access;
    this.viewerId = ticket.viewer;
    const openMs = ticket.opens_within * 1000;
    this.link = new Link(api.socketAddress(ticket), ticket.protocols, openMs, this.owner);
    let arrive = (): void => undefined;
    let end: (failure: Failure) => void = () => undefined;
    this.ended = new Promise((resolve) => (end = resolve));
    this.up = new Promise((resolve, reject) => {
      arrive = resolve;
      void this.ended.then(reject);
    });
    this.link.onended = (code, opened) => {
      end(new Failure(MEANING[code] ?? (opened ? "unreachable" : "blocked")));
    };
    this.client = module.open(screen, this.link, ticket, {
      ...events,
      connected: arrive,
      resized: (size) => {
        this.video?.resized();
        events.resized(size);
      },
      refused: () => {
        end(new Failure("not-authorised"));
      },
      // Xpra sends a packet before it ends and closes the connection.
      broken: () => {
        end(new Failure("gone"));
      },
      wantsSize: (size) => {
        // If this fails, the desktop keeps its size.
        void api.resize(size, this.owner).catch(() => undefined);
      },
    });
    const cancel = this.owner.after(openMs + HANDSHAKE_MS, () => {
      end(new Failure("unreachable"));
    });
    this.up.then(cancel, cancel);
    this.owner.finally(() => {
      end(new Failure("unreachable"));
      this.client.dispose();
    });
  }

  /** Opens video over the desktop, where it is possible; `worker` is the address of its script, null for none. */
  openVideo(pageId: string, worker: string | null): void {
    const { api, client, owner, screen } = this;
    owner.after(VIDEO_AFTER_MS, () => {
      this.video = openVideo({ api, client, owner, pageId, screen, worker });
    });
  }

  /** The desktop's picture as it is shown; null before the first one. */
  picture(): HTMLCanvasElement | null {
    return this.video ? this.video.picture() : this.client.picture();
  }
}

/** Connections to the desktop. */
import { type Access, type Api, Failure, type FailureKind, type Size, type Ticket } from "../api";
import type { Client, ClientModule } from "../clients";
import { Owner } from "../dom/owner";
import { CLOSING, Link } from "../wire";

const HANDSHAKE_MS = 4000;

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

  constructor(api: Api, ticket: Ticket, module: ClientModule, screen: HTMLElement, events: ConnectionEvents, parent: Owner) {
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
}

/** Coarser pictures of RFB while much of the screen moves, where it is not shown as video. */
import type { Updates } from "../clients";
import type { Owner } from "../dom/owner";
import type { MotionDetector } from "./motion";

/** After the last motion. */
const REST_MS = 500;

export class CoarseMotion {
  /** Cancels the return to fine pictures. */
  private cancel: () => void = () => undefined;

  constructor(
    private readonly updates: Updates,
    private readonly motion: MotionDetector,
    private readonly owner: Owner,
  ) {}

  /** Much of the screen moves. */
  moves(): void {
    this.cancel();
    this.updates.coarse(true);
    this.cancel = this.owner.after(REST_MS, () => { this.rest(); });
  }

  private rest(): void {
    this.updates.coarse(false);
    this.motion.restart(performance.now());
  }
}

import { limits } from '../model/limits.ts';

/** One message of a stream; `id` is where a client resumes. */
export interface StreamMessage {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

/** Why a stream ends although its source has more: the last message, `cut`, says so. */
export type CutReason = 'slow' | 'unavailable';

/** Where a source sends to. */
export interface Outlet {
  readonly send: (message: StreamMessage) => void;
  /** Ends the stream behind what was sent. */
  readonly end: () => void;
  /** The source cannot go on: said in the server's log, and to the client, who may resume. */
  readonly fail: (error: unknown) => void;
  /** So much waits for the client that the source should wait, too. */
  readonly isFull: boolean;
  readonly isOver: boolean;
  /** Resolves when there is room, or the stream is over. */
  room(): Promise<void>;
}

/** Far more than a source that minds `isFull` leaves here: the limits of one that cannot. */
const WAITING_MESSAGES_MAX = 10_000;
const WAITING_BYTES_FACTOR = 16;
/** What one write takes at most, if no single message is longer. */
const CHUNK_CHARACTERS = 64 * 1024;

/** What waits for one client, as it will be written. */
export class Outbox implements Outlet {
  #waiting: string[] = [];
  #characters = 0;
  #over = false;
  #onNext: () => void = () => undefined;
  #onRoom: (() => void)[] = [];
  #stop: (() => void) | undefined;
  readonly #onBroken: (error: unknown) => void;

  constructor(onBroken: (error: unknown) => void) {
    this.#onBroken = onBroken;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get isFull(): boolean {
    return this.#characters >= limits.streamWaitingBytes.value;
  }

  readonly send = (message: StreamMessage): void => {
    // Nothing after the end, or the client would miss what lay between.
    if (this.#over) return;
    const charactersMax = limits.streamWaitingBytes.value * WAITING_BYTES_FACTOR;
    if (this.#waiting.length >= WAITING_MESSAGES_MAX || this.#characters >= charactersMax) {
      this.#close(cutText('slow', 'too much waited for it'));
      return;
    }
    this.#push(textOf(message));
    this.#onNext();
  };

  readonly end = (): void => {
    this.#close('');
  };

  readonly fail = (error: unknown): void => {
    if (this.#over) return;
    this.#onBroken(error);
    this.#close(cutText('unavailable', error instanceof Error ? error.message : String(error)));
  };

  /** Drops what waits, and ends the stream with a message that says why. */
  cut(reason: CutReason, message: string): void {
    this.#waiting = [];
    this.#characters = 0;
    if (this.#over) this.#push(cutText(reason, message));
    else this.#close(cutText(reason, message));
  }

  room(): Promise<void> {
    if (!this.isFull || this.#over) return Promise.resolve();
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  /** The next text to write; undefined while nothing waits. */
  take(): string | undefined {
    let text = this.#waiting[0];
    if (text === undefined) return undefined;
    let taken = 1;
    for (; taken < this.#waiting.length; taken += 1) {
      const next = this.#waiting[taken] ?? '';
      if (text.length + next.length > CHUNK_CHARACTERS) break;
      text += next;
    }
    this.#waiting.splice(0, taken);
    this.#characters -= text.length;
    if (!this.isFull) this.#sayRoom();
    return text;
  }

  /** Calls once when something waits, or the stream is over. */
  onNext(call: () => void): void {
    this.#onNext = call;
  }

  /** Calls at the end, or at once when that has come. */
  onOver(stop: () => void): void {
    if (this.#over) stop();
    else this.#stop = stop;
  }

  #push(text: string): void {
    this.#waiting.push(text);
    this.#characters += text.length;
  }

  #close(last: string): void {
    if (this.#over) return;
    this.#over = true;
    if (last !== '') this.#push(last);
    this.#onNext();
    this.#sayRoom();
    this.#stop?.();
  }

  #sayRoom(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of waiting) resolve();
  }
}

function cutText(reason: CutReason, message: string): string {
  const advice = 'resume with Last-Event-ID';
  return textOf({ event: 'cut', data: { reason, message: `${message}; ${advice}` } });
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html; JSON has no line ends of its own. */
function textOf({ id, event, data }: StreamMessage): string {
  const place = id === undefined ? '' : `id: ${id}\n`;
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n${place}\n`;
}

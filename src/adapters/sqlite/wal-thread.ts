/**
 * Runs in a worker thread: moves the write-ahead log into the file while the main thread goes on writing. An
 * error ends it, and {@link WalMover}, the other side, gets the error.
 */
import { fdatasyncSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../support/assert.ts';

/** What the thread is made with. */
export interface WalThreadData {
  readonly kind: 'millrace-wal';
  readonly file: string;
  /**
   * The main thread's descriptor of the file. The thread must not open one itself: closing it would drop the
   * locks of the whole process on the file (POSIX).
   */
  readonly descriptor: number;
}

// The module is also imported for its types; only a thread made by WalMover has this mark.
if (isThreadData(workerData)) {
  const { file, descriptor } = workerData;
  const port = present(parentPort, 'a parent of the thread');
  const connection = new DatabaseSync(file);
  connection.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
  port.on('message', () => {
    connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
    // SQLite syncs the file only after a move of all there is, which it does not see while others write. The
    // main thread does the last pages, and should have no more to sync than those.
    fdatasyncSync(descriptor);
    port.postMessage('moved');
  });
}

function isThreadData(data: unknown): data is WalThreadData {
  return (
    typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'millrace-wal'
  );
}

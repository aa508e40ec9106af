import { spawn } from 'node:child_process';

/**
 * Waits for the end of its input, which comes when the process that holds the other end of the pipe
 * is gone, however it went; then ends the child and removes its folder. A word on the input is the
 * order to go away quietly.
 */
const SCRIPT = 'read -r word; [ -n "$word" ] && exit 0; kill -9 "$1"; rm -rf -- "$2"';

/**
 * Guards a child process against outliving this one. Exit handlers do not run after kill -9, a crash
 * or an impatient Ctrl-C; a closed pipe always does, so the guard is a process at the other end.
 *
 * @param pid - the child to end with SIGKILL when this process is gone
 * @param folder - its data, removed then
 * @returns a function that dismisses the guard: call it once the child has ended
 */
export function guard(pid: number, folder: string): () => void {
  // Its own session, so that the terminal's Ctrl-C does not end the guard before its work is done.
  const reaper = spawn('sh', ['-c', SCRIPT, 'reaper', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  // A guard that is gone already cannot be told to go; its pipe then reports EPIPE.
  reaper.stdin.on('error', () => undefined);
  return () => {
    reaper.stdin.end('dismissed\n');
  };
}

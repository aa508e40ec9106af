/**
 * Whether a run is Millrace's own, such as `$outputs`, in which a worker evaluates what a flow gives: nobody
 * wrote it into the flow. No task can have an id that begins so.
 */
export function isOwnTask(task: string): boolean {
  return task.startsWith('$');
}

/** Where a failure happened, for people: `task charge`, or `outputs` where no task of the flow was run. */
export function placeOfTask(task: string): string {
  return isOwnTask(task) ? task.slice(1) : `task ${task}`;
}

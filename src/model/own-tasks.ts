/**
 * Whether a run is Millrace's own, such as `$outputs`, in which a worker evaluates what a flow gives: nobody
 * wrote it into the flow. No task can have an id that begins so.
 */
export function isOwnTask(task: string): boolean {
  return task.startsWith('$');
}

/**
 * The trigger is no more, or another process's, and its run here has not been told yet: whoever decides what runs
 * ends it within a moment. Nothing failed, and nothing is said.
 */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

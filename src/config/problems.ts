/** Where a value comes from; `name` is what a person looks for: `--port`, `MILLRACE_HTTP__PORT`. */
export interface Source {
  readonly kind: 'flag' | 'environment' | 'file' | 'default';
  readonly name: string;
}

/** What is wrong with the configuration. */
export interface ConfigProblem {
  /** The key as in millrace.yaml, or what stands in its place. */
  readonly key: string;
  readonly source: Source;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** One line: `http.port (MILLRACE_HTTP__PORT): must be …`. */
export function formatProblem({ key, source, message }: ConfigProblem): string {
  return key === source.name ? `${key}: ${message}` : `${key} (${source.name}): ${message}`;
}

import type { Topics, TopicsProvider } from '../ports/topics.ts';
import { nearest } from '../support/nearest.ts';
import { ConnectionMissing } from './triggers.ts';

/**
 * The topics of a connection, as plugins ask for them.
 *
 * @throws {@link ConnectionMissing} that says what to set.
 */
export async function topicsOf(
  provider: TopicsProvider | undefined,
  connection: string,
): Promise<Topics> {
  const found = provider?.connection(connection);
  if (found !== undefined) return found;
  const meant = nearest(connection, provider?.names ?? []);
  const hint = meant === undefined ? '' : `, or name the connection ${meant}`;
  throw new ConnectionMissing(
    `there is no connection ${connection}: set kafka.connections.${connection} in millrace.yaml${hint}`,
  );
}

/** A topic as `doctor` sees it: the brokers' answers against the specification. */
import type { Finding } from '../../ports/examination.ts';
import type { TopicSpec } from '../../records/topics.ts';
import type { TopicConfig } from './topic-admin.ts';
import { errorCode, NO_ERROR, UNKNOWN_TOPIC_OR_PARTITION } from './wire/error-codes.ts';
import type { TopicMetadata } from './wire/metadata.ts';

/** One topic against what it should be; never empty. */
export function examineTopic(
  name: string,
  spec: TopicSpec,
  metadata: readonly TopicMetadata[],
  config: TopicConfig | undefined,
): readonly Finding[] {
  const subject = `topic ${name}`;
  const found = metadata.find(({ topic }) => topic === name);
  if (found === undefined || found.code === UNKNOWN_TOPIC_OR_PARTITION) {
    const advice = 'The next process that starts creates it, if it may.';
    return [{ level: 'warning', subject, message: 'does not exist', advice }];
  }
  if (found.code !== NO_ERROR) return [hidden(subject, found.code, 'Describe')];
  const problems = [
    ...examinePartitions(subject, spec, found),
    ...(config === undefined || config.code !== NO_ERROR
      ? [hidden(subject, config?.code ?? -1, 'DescribeConfigs')]
      : examineSettings(subject, spec, config.config, found)),
  ];
  if (problems.length > 0) return problems;
  const replicas = found.partitions[0]?.replicas.length ?? 0;
  const message = `${found.partitions.length} partitions, ${replicas} replicas, settings as they should be`;
  return [{ level: 'ok', subject, message }];
}

/** What a missing right keeps from us. */
export function hidden(subject: string, code: number, right: string): Finding {
  return {
    level: 'problem',
    subject,
    message: `cannot be looked at: ${errorCode(code).name}`,
    advice: `Give this user the right to ${right} it (docs/kafka.md, "Rights").`,
  };
}

function examinePartitions(
  subject: string,
  spec: TopicSpec,
  { partitions }: TopicMetadata,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (partitions.length !== spec.partitions) {
    findings.push({
      level: 'problem',
      subject,
      message: `has ${partitions.length} partitions, not ${spec.partitions}`,
      advice:
        'The number is fixed at creation: set kafka.partitions to it, or use another kafka.prefix.',
    });
  }
  const leaderless = partitions.filter(({ leader }) => leader < 0).length;
  if (leaderless > 0) {
    const message = `${leaderless} partitions have no leader`;
    findings.push({ level: 'problem', subject, message, advice: 'Bring their brokers back.' });
  }
  const behind = partitions.filter((one) => one.inSyncReplicas.length < one.replicas.length).length;
  if (behind > 0) {
    const message = `${behind} partitions have replicas that are behind`;
    findings.push({ level: 'warning', subject, message, advice: 'Bring their brokers back.' });
  }
  return findings;
}

function examineSettings(
  subject: string,
  spec: TopicSpec,
  config: ReadonlyMap<string, string>,
  { partitions }: TopicMetadata,
): readonly Finding[] {
  const findings: Finding[] = [];
  const wrong = (setting: string, why: string, wanted: string): void => {
    findings.push({
      level: 'problem',
      subject,
      message: `${setting} is ${config.get(setting) ?? 'not set'}: ${why}`,
      advice: `Set it to ${wanted}; existing topics are never altered by us.`,
    });
  };
  const cleanup = config.get('cleanup.policy') ?? '';
  if (cleanup !== spec.cleanup) {
    const loss =
      spec.cleanup === 'compact' ? 'saved state would be deleted' : 'records would vanish';
    wrong('cleanup.policy', loss, spec.cleanup);
  }
  const retentionMs = Number(config.get('retention.ms') ?? -1);
  const least = spec.retentionMsMin;
  const isShort = retentionMs >= 0 && (least === 'unlimited' || retentionMs < (least ?? 0));
  if (isShort) {
    wrong(
      'retention.ms',
      'too short for a restore',
      least === 'unlimited' ? '-1' : `${least} or more`,
    );
  }
  if (config.get('message.timestamp.type') !== spec.timestamps) {
    wrong('message.timestamp.type', 'times would be the senders’', spec.timestamps);
  }
  if (Number(config.get('max.message.bytes') ?? 0) < spec.recordBytesMax) {
    wrong('max.message.bytes', 'large batches would be refused', `${spec.recordBytesMax} or more`);
  }
  const replicas = partitions[0]?.replicas.length ?? 0;
  if (replicas > 1 && Number(config.get('min.insync.replicas') ?? 1) >= replicas) {
    wrong('min.insync.replicas', 'one broker away stops all writing', String(replicas - 1));
  }
  return findings;
}

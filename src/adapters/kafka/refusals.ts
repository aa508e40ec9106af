import { limits } from '../../model/limits.ts';
import type { OutgoingRecord } from '../../model/log-records.ts';
import type { RefusalCode } from '../../ports/log.ts';
import type { KafkaTopic } from './topics.ts';
import { errorCode } from './wire/error-codes.ts';
import { recordFits } from '../../records/record-size.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

export function unknownTopic(topic: string, partition: number): Refusal {
  const message = `There is no partition ${partition} of the topic ${topic}.`;
  return { kind: 'refused', code: 'unknown-topic', message };
}

/** Why a record can never be taken, or undefined. */
export function refusalOf(topic: KafkaTopic, record: OutgoingRecord): Refusal | undefined {
  if (!recordFits(record)) {
    const message = `A record for ${topic.name} is larger than ${limits.recordBytes.value} bytes (limits.recordBytes).`;
    return { kind: 'refused', code: 'too-large', message };
  }
  if (topic.isCompacted && record.key === null) {
    const message = `${topic.name} keeps the newest record of each key; a record without a key has no place in it.`;
    return { kind: 'refused', code: 'invalid-record', message };
  }
  return undefined;
}

/** A broker's lasting refusal as the port says it. */
export function refusalOfCode(code: number, topic: string): Refusal {
  const { name, action } = errorCode(code);
  const message = `Kafka refuses a record for ${topic}: ${name} (${code}).`;
  if (action === 'configuration') {
    const hint = `${message} Check the rights of Millrace's user, or run \`millrace doctor\`.`;
    return { kind: 'refused', code: 'not-authorized', message: hint };
  }
  return { kind: 'refused', code: sizeCodes.has(code) ? 'too-large' : 'invalid-record', message };
}

/** MESSAGE_TOO_LARGE and RECORD_LIST_TOO_LARGE. */
const sizeCodes: ReadonlySet<number> = new Set([10, 18]);

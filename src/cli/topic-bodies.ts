/** What the API says of topics; schemas/openapi.json has it whole. */
export interface TopicBody {
  readonly topic: string;
  readonly topicId: string | null;
  readonly records: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly start: number;
    readonly end: number;
  }[];
}

export interface TopicRecordBody {
  readonly partition: number;
  readonly offset: number;
  readonly time: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly valueEncoding?: string;
  readonly valueBytes?: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface LagBody {
  readonly topic: string;
  readonly groups: readonly {
    readonly group: string;
    readonly lag: number;
    readonly partitions: readonly {
      readonly partition: number;
      readonly committed: number | null;
      readonly end: number;
      readonly lag: number;
    }[];
  }[];
}

export interface PublishedBody {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export function topicPath(topic: string): string {
  return `/api/v1/topics/${encodeURIComponent(topic)}`;
}

import { describe, expect, it } from 'vitest';
import { PrometheusMetrics } from '../../../src/adapters/system/prometheus.ts';
import { metricNames } from '../../../src/ports/metrics.ts';

const ours = () => new PrometheusMetrics({ processMetrics: false });

describe('the metrics page', () => {
  it('has every metric with its kind and help', async () => {
    const text = await ours().text();
    for (const [name, { kind, help }] of Object.entries(metricNames)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`);
    }
  });

  it('shows what was counted, set and observed', async () => {
    const metrics = ours();
    metrics.count('millrace_events_total', { type: 'task.ended' });
    metrics.count('millrace_events_total', { type: 'task.ended' }, 4);
    metrics.gauge('millrace_partitions_owned', 3);
    metrics.gauge('millrace_partitions_owned', 2);
    metrics.observe('millrace_step_seconds', 0.000_02, { input: 'start' });
    metrics.observe('millrace_restore_seconds', 7);
    const text = await metrics.text();
    expect(text).toContain('millrace_events_total{type="task.ended"} 5\n');
    expect(text).toContain('millrace_partitions_owned 2\n');
    expect(text).toContain('millrace_step_seconds_bucket{le="0.00001",input="start"} 0\n');
    expect(text).toContain('millrace_step_seconds_bucket{le="0.000025",input="start"} 1\n');
    expect(text).toContain('millrace_step_seconds_count{input="start"} 1\n');
    expect(text).toContain('millrace_restore_seconds_bucket{le="10"} 1\n');
    expect(text).toContain('millrace_restore_seconds_bucket{le="5"} 0\n');
  });

  it('is apart from that of other instances, and refuses labels and kinds that are not declared', async () => {
    const metrics = ours();
    metrics.count('millrace_steps_total', { input: 'start' });
    expect(await ours().text()).not.toContain('input="start"');
    expect(() => metrics.count('millrace_steps_total', { id: '7' })).toThrow('label');
    expect(() => metrics.gauge('millrace_steps_total', 1)).toThrow('is no gauge');
    expect(() => metrics.count('millrace_partitions_owned')).toThrow('is no counter');
    expect(() => metrics.observe('millrace_partitions_owned', 1)).toThrow('is no histogram');
  });

  it('has the process’s own metrics where they are wanted', async () => {
    const metrics = new PrometheusMetrics({ processMetrics: true });
    expect(await metrics.text()).toContain('process_resident_memory_bytes');
    expect(metrics.contentType).toContain('text/plain');
    expect(await ours().text()).not.toContain('process_resident_memory_bytes');
  });
});

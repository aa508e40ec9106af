/** One member of a family a file, and a registry that knows them all. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appliers } from '../../../src/engine/apply.ts';
import { commandDecisions } from '../../../src/engine/decide/command.ts';
import { decisions } from '../../../src/engine/step.ts';
import { executorTasks, executorTaskTypes } from '../../../src/engine/tasks/index.ts';
import { buildCatalog } from '../../../src/model/catalog.ts';

const ENGINE = join(import.meta.dirname, '../../../src/engine');

function files(folder: string): readonly string[] {
  return readdirSync(join(ENGINE, folder)).map((file) => file.replace(/\.ts$/, ''));
}

/** As a file: `task.ended` is `task-ended.ts`. */
function fileNames(types: readonly string[]): readonly string[] {
  return types.map((type) => type.replaceAll('.', '-')).sort();
}

describe('the registry', () => {
  it('of appliers has a file for each event type', () => {
    const found = files('apply').filter((file) => file !== 'progress');
    expect(fileNames(Object.keys(appliers))).toEqual(found.sort());
  });

  it('of decisions has a file for each input and each command', () => {
    const ends = ['execution-kill', 'execution-cancel'];
    const commands = fileNames(Object.keys(commandDecisions)).filter(
      (name) => !ends.includes(name),
    );
    const expected = [...Object.keys(decisions), ...commands, 'end-execution'];
    expect([...new Set(expected)].sort()).toEqual([...files('decide')].sort());
  });

  it('of task types has a file for each', () => {
    const shared = ['index', 'executor-task', 'task-type', 'fan-out'];
    const found = files('tasks').filter((file) => !shared.includes(file));
    expect(fileNames(executorTaskTypes.map(({ type }) => type))).toEqual(found.sort());
  });
});

describe('executor task types', () => {
  it('make a catalog', () => {
    const catalog = buildCatalog({ tasks: executorTaskTypes, triggers: [] });
    expect(catalog.tasks.size).toBe(executorTaskTypes.length);
  });

  it.each(executorTaskTypes)('$type is described, with the kind of every property', (type) => {
    expect(type.title).not.toBe('');
    expect(type.description).toMatch(/\.$/);
    for (const property of Object.values(type.properties)) {
      expect(['templated', 'static']).toContain(property['x-kind']);
      expect(property['description']).toMatch(/[.`]/);
    }
  });

  it('run in the executor, but for the one by which workers evaluate', () => {
    for (const type of executorTaskTypes) {
      expect(type.where).toBe(executorTasks.has(type.type) ? 'executor' : 'worker');
      expect(type.internal).toBe(!executorTasks.has(type.type));
    }
  });

  it('say which properties are blocks', () => {
    for (const { kind, type } of executorTasks.values()) {
      expect(type.children.length > 0).toBe(kind === 'block');
    }
  });
});

import type { TaskType } from '../../model/catalog.ts';

/** The task types that the executor runs itself, for the catalog. */
export const executorTaskTypes: readonly TaskType[] = [];

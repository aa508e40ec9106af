/** Where in the loops something happened. */
import type { IterationPlace } from './events.ts';

/** Indices (from 0) of the iterations around a place, outermost first; empty outside of loops. */
export type Iterations = readonly number[];

export function iterationsOf(place: IterationPlace | undefined): Iterations {
  return place === undefined ? [] : [...(place.outer ?? []), place.index];
}

/** As a field of a record, which has none outside of loops. */
export function iterationsField(place: IterationPlace | undefined): {
  readonly iterations?: Iterations;
} {
  return place === undefined ? {} : { iterations: iterationsOf(place) };
}

/** A task for people: `audit`, in loops `audit[1][2]`. */
export function taskLabel(task: string, iterations: Iterations = []): string {
  return task + iterations.map((index) => `[${index}]`).join('');
}

/**
 * The contract of `ports/views.ViewStore` as a list of cases; every adapter runs all of them, with the real
 * store behind it. What only one adapter can show is a test of that adapter's own.
 */
import type { ViewStore } from '../../src/ports/views.ts';
import { foldingCases } from './view-cases/folding.ts';
import { rowCases } from './view-cases/rows.ts';
import { searchCases } from './view-cases/search.ts';
import { writeCases } from './view-cases/writes.ts';

export interface ViewsCase {
  readonly name: string;
  /** `views` are empty, and the case's own. */
  run(views: ViewStore): Promise<void>;
}

export const viewsCases: readonly ViewsCase[] = [
  ...rowCases,
  ...writeCases,
  ...searchCases,
  ...foldingCases,
];

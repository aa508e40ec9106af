import { checkBudgets, checkShape } from './budgets.ts';
import { checkCycles } from './cycles.ts';
import { checkLayers } from './layers.ts';
import { checkBuiltPaths, checkNames } from './names.ts';
import { checkPluginFolders } from './plugin-folders.ts';
import { checkPurity } from './purity.ts';
import type { SourceTree, Violation } from './source-tree.ts';
import { checkTypeSafety } from './type-safety.ts';

export type Check = (tree: SourceTree) => Violation[];

/** What holds for src/ and plugins/. Each has planted violations in planted.ts that it must find. */
export const PRODUCT_RULES: Readonly<Record<string, Check>> = {
  'layers import only what they may': checkLayers,
  'pure layers and shells keep away from forbidden names': checkPurity,
  'no import cycles': checkCycles,
  'files and functions are short': checkBudgets,
  'medians and percentiles are as aimed': checkShape,
  'no holes in the types': checkTypeSafety,
  'files are named after their subject': checkNames,
  'paths hold after the build': checkBuiltPaths,
  'plugin folders are complete': checkPluginFolders,
};

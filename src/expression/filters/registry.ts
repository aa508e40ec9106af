import type { FilterDefinition } from '../definition.ts';
import { choosingFilters } from './choose.ts';
import { convertFilters } from './convert.ts';
import { dateFilters } from './dates.ts';
import { encodeFilters } from './encode.ts';
import { listFilters } from './lists.ts';
import { mapFilters } from './maps.ts';
import { numberFilters } from './numbers.ts';
import { regexFilters } from './regex.ts';
import { textFilters } from './text.ts';

/** Every filter of native flows by its name. `jq` and `jsonata` will join them, marked `worker`. */
export const filterDefinitions: ReadonlyMap<string, FilterDefinition> = new Map(
  [
    ...choosingFilters,
    ...convertFilters,
    ...dateFilters,
    ...encodeFilters,
    ...listFilters,
    ...mapFilters,
    ...numberFilters,
    ...regexFilters,
    ...textFilters,
  ].map((definition) => [definition.name, definition]),
);

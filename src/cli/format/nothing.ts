/** What a listing without rows says: nothing is there at all, or nothing is as it was asked for. */
export function nothingFound(
  what: string,
  {
    filters,
    advice,
  }: { readonly filters: readonly (string | undefined)[]; readonly advice: string },
): string {
  const isFiltered = filters.some((filter) => filter !== undefined);
  return isFiltered ? `No ${what} match what was asked for.` : `No ${what}: ${advice}.`;
}

/** Plain data with each of its texts mapped; what does not change is shared. */
export function mapTexts(value: unknown, map: (text: string, field: string) => string, field = ""): unknown {
  if (typeof value === "string") return map(value, field);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const mapped = mapTexts(value[index], map, field);
      if (mapped !== value[index]) (copy ??= [...(value as unknown[])])[index] = mapped;
    }
    return copy ?? value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const old = (value as Record<string, unknown>)[name];
    const mapped = mapTexts(old, map, name);
    if (mapped !== old) (copy ??= { ...value } as Record<string, unknown>)[name] = mapped;
  }
  return copy ?? value;
}

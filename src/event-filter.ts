import { EVENT_STARTS } from "./events/index.ts";
import { LINE_FORMATS } from "./formats/index.ts";
import { VERSION_BY, VERSION_STARTS } from "./gateway-version.ts";
import { LineFilter } from "./line-filter.ts";

/** The filter that knows of lines whether a diagnosis can need them. */
export function eventFilter(): LineFilter {
  const ofVersion = VERSION_STARTS.map((starts) => ({ starts, by: VERSION_BY }));
  return new LineFilter(LINE_FORMATS, [...EVENT_STARTS, ...ofVersion]);
}

/** Tells which sources, and which containers within them, are of one gateway. Pure. */
import { basename, dirname } from "node:path";
import type { Evidence } from "./peek.ts";

/** All lines of one container or unit in one source; of the whole source where it has none. */
export interface Unit extends Evidence {
  readonly path: string;
  /** Name of the container or unit; empty where there is none. */
  readonly stream: string;
  readonly group?: string | undefined;
  readonly profile?: string | undefined;
}

class Sets {
  readonly #parents: number[];

  constructor(size: number) {
    this.#parents = Array.from({ length: size }, (_, index) => index);
  }

  find(index: number): number {
    let root = index;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    this.#parents[index] = root;
    return root;
  }

  union(one: number, other: number): void {
    const [low, high] = [this.find(one), this.find(other)].sort((a, b) => a - b) as [number, number];
    this.#parents[high] = low;
  }
}

/**
 * Numbers the gateways: units with the same number are of one gateway. Sure
 * signs come first (same group, container, ids), then times: what overlaps and
 * shares nothing is of two gateways, what follows each other is of one.
 *
 * @param units in an order that does not depend on the user's
 */
export function groupUnits(units: readonly Unit[]): readonly number[] {
  const sets = new Sets(units.length);
  forPairs(units, (one, other, i, j) => {
    if (isSurelySame(one, other)) sets.union(i, j);
  });
  forPairs(units, (one, other, i, j) => {
    if (sets.find(i) !== sets.find(j) && isSameFamily(one, other) && !contradict(one, other)) sets.union(i, j);
  });
  joinInTime(units, sets);
  return units.map((_, index) => sets.find(index));
}

/** The pairs whose heads and ends leave open whether they are of one gateway. */
export function openPairs(units: readonly Unit[]): readonly (readonly [Unit, Unit])[] {
  const groups = groupUnits(units);
  const open: (readonly [Unit, Unit])[] = [];
  forPairs(units, (one, other, i, j) => {
    if (groups[i] !== groups[j] && overlap(one, other) && !differByName(one, other)) open.push([one, other]);
  });
  return open;
}

function forPairs(units: readonly Unit[], visit: (one: Unit, other: Unit, i: number, j: number) => void): void {
  for (let j = 1; j < units.length; j++) {
    for (let i = 0; i < j; i++) visit(units[i] as Unit, units[j] as Unit, i, j);
  }
}

function isSurelySame(one: Unit, other: Unit): boolean {
  if (one.group !== undefined && one.group === other.group) return true;
  if (one.stream !== "" && one.stream === other.stream) return true;
  if (shares(one.ids, other.ids)) return true;
  if (differByName(one, other)) return false;
  // Two containers can have the same address and PID, so ids that differ say more.
  if (one.ids.size > 0 && other.ids.size > 0) return false;
  return sameListening(one, other);
}

/** The console and the file of one gateway tell of one start within a moment. */
function sameListening(one: Unit, other: Unit): boolean {
  for (const [place, time] of one.listens) {
    const otherTime = other.listens.get(place);
    if (
      other.listens.has(place) &&
      (time === undefined || otherTime === undefined || Math.abs(time - otherTime) < 3000)
    ) {
      return true;
    }
  }
  return false;
}

function shares(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const id of small) if (large.has(id)) return true;
  return false;
}

/** Whether container, profile or machine say that two units are of different gateways. */
function differByName(one: Unit, other: Unit): boolean {
  if (one.stream !== "" && other.stream !== "" && one.stream !== other.stream) return true;
  if (one.profile !== undefined && other.profile !== undefined && one.profile !== other.profile) return true;
  return one.hosts.size > 0 && other.hosts.size > 0 && !shares(one.hosts, other.hosts);
}

function contradict(one: Unit, other: Unit): boolean {
  if (differByName(one, other)) return true;
  return overlap(one, other) && one.ids.size > 0 && other.ids.size > 0 && !samePorts(one, other);
}

function samePorts(one: Unit, other: Unit): boolean {
  const ports = (unit: Unit): Set<string> =>
    new Set([...unit.listens.keys()].map((place) => place.split(" ")[0] as string));
  return one.listens.size === 0 || other.listens.size === 0 || shares(ports(one), ports(other));
}

// Rotated and dated files of one log: their names without number, date and archive.
const ROTATION = /(?:\.(?:gz|zst|\d{1,3}|\d{8}|err|out|old|log|jsonl|ndjson|json|txt)|[-_.](?:19|20)\d\d-?\d\d-?\d\d)$/;

/** What the files of one log have in common: folder and bare name. */
export function family(path: string): string {
  let name = basename(path);
  for (
    let shorter = name.replace(ROTATION, "");
    shorter !== name && shorter !== "";
    shorter = name.replace(ROTATION, "")
  ) {
    name = shorter;
  }
  return `${dirname(path)}/${name}`;
}

function isSameFamily(one: Unit, other: Unit): boolean {
  return one.path !== other.path && one.stream === other.stream && family(one.path) === family(other.path);
}

function overlap(one: Unit, other: Unit): boolean {
  if (one.from === undefined || one.to === undefined || other.from === undefined || other.to === undefined)
    return false;
  // A rotated file and the next one may share their last second.
  return one.from + 1000 < other.to && other.from + 1000 < one.to;
}

/** Joins what can only be one gateway: a log that goes on in another file, a log that shows no sessions at all. */
function joinInTime(units: readonly Unit[], sets: Sets): void {
  const members = new Map<number, Unit[]>();
  units.forEach((unit, index) => {
    const root = sets.find(index);
    const known = members.get(root);
    if (known) known.push(unit);
    else members.set(root, [unit]);
  });
  const of = (root: number): readonly Unit[] => members.get(root) ?? [];
  const mayJoin = (one: number, other: number): boolean =>
    of(one).every((a) =>
      of(other).every((b) => !differByName(a, b) && samePorts(a, b) && (!overlap(a, b) || isSilent(a) || isSilent(b))),
    );
  for (;;) {
    let joined = false;
    for (const root of members.keys()) {
      if (!members.has(root)) continue;
      const others = [...members.keys()].filter((other) => other !== root && mayJoin(root, other));
      const near = others.filter((other) => folders(of(other)).some((folder) => folders(of(root)).includes(folder)));
      const choice = others.length === 1 ? others[0] : near.length === 1 ? near[0] : undefined;
      if (choice === undefined) continue;
      sets.union(root, choice);
      const [low, high] = root < choice ? [root, choice] : [choice, root];
      members.set(
        low,
        units.filter((_, index) => sets.find(index) === low),
      );
      members.delete(high);
      joined = true;
    }
    if (!joined) return;
  }
}

function isSilent(unit: Unit): boolean {
  return unit.ids.size === 0 && unit.listens.size === 0;
}

function folders(units: readonly Unit[]): string[] {
  return units.map((unit) => dirname(unit.path));
}

/** Lines of the command lanes (`main`, `session:<key>`, …): who holds a lane and who waits. DEBUG unless said. */
import { DIAGNOSTIC, spec } from "./spec.ts";

// A session key is any text, spaces included, so a lane's name ends where the
// field that is known to follow it begins.
const ENQUEUE = /^lane enqueue: lane=(.*) queueSize=(\d+)$/s;
const DEQUEUE = /^lane dequeue: lane=(.*) waitMs=(\d+) queueSize=(\d+)$/s;
const DONE = /^lane task done: lane=(.*?) durationMs=(\d+) active=(\d+) queued=(\d+)/s;
const ERROR = /^lane task error: lane=(.*?) durationMs=(\d+) error="(.*?)"?(?: errorName=(\S+))?$/s;
/** The run could not take its transcript's lock file, which names a process that the gateway believes alive. */
const LOCKED = /session file locked \(timeout \d+ms\): pid=(\d+)/;
const INTERRUPTED = /^lane task interrupted: lane=(.*?) durationMs=(\d+)(?: reason="?(.*?)"?)?$/s;
const WAIT = /^lane wait exceeded: lane=(.*?) waitedMs=(\d+) queueAhead=(\d+)/s;

export const LANE_EVENTS = {
  /** `queueSize` counts the waiting and the active tasks, this one included. */
  "lane-enqueue": spec({
    starts: "lane enqueue: ",
    by: DIAGNOSTIC,
    samples: ["lane enqueue: lane=session:main queueSize=1"],
    read: (message) => {
      const match = ENQUEUE.exec(message);
      if (!match) return undefined;
      return { lane: match[1] ?? "", queueSize: Number(match[2]) };
    },
  }),
  /** `queueSize` counts only the tasks that go on waiting. */
  "lane-dequeue": spec({
    starts: "lane dequeue: ",
    by: DIAGNOSTIC,
    samples: ["lane dequeue: lane=session:main waitMs=5 queueSize=0"],
    read: (message) => {
      const match = DEQUEUE.exec(message);
      if (!match) return undefined;
      return { lane: match[1] ?? "", waitMs: Number(match[2]), queueSize: Number(match[3]) };
    },
  }),
  "lane-done": spec({
    starts: "lane task done: ",
    by: DIAGNOSTIC,
    samples: ["lane task done: lane=session:main durationMs=132 active=0 queued=0"],
    read: (message) => {
      const match = DONE.exec(message);
      if (!match) return undefined;
      return { lane: match[1] ?? "", durationMs: Number(match[2]), active: Number(match[3]) };
    },
  }),
  /** ERROR, so it stands in every log. */
  "lane-error": spec({
    starts: "lane task error: ",
    by: DIAGNOSTIC,
    samples: [
      'lane task error: lane=session:room-21-7 durationMs=257 error="FailoverError: 403 fake status 403"',
      'lane task error: lane=session:agent:main:main durationMs=116325 error="This operation was aborted" errorName=AbortError',
      'lane task error: lane=session:room-b durationMs=11055 error="Error: session file locked (timeout 10000ms): pid=8 /s/id.jsonl.lock"',
    ],
    read: (message) => {
      const match = ERROR.exec(message);
      if (!match) return undefined;
      const error = match[3] ?? "";
      const aborted =
        match[4] === "AbortError" || /^AbortError\b|operation was aborted|run aborted for restart/.test(error);
      const locked = LOCKED.exec(error);
      return {
        lane: match[1] ?? "",
        durationMs: Number(match[2]),
        error,
        aborted,
        lockedByPid: locked && Number(locked[1]),
      };
    },
  }),
  /** 4.15 and later. */
  "lane-interrupted": spec({
    starts: "lane task interrupted: ",
    by: DIAGNOSTIC,
    samples: ['lane task interrupted: lane=session:main durationMs=300 reason="reset"'],
    read: (message) => {
      const match = INTERRUPTED.exec(message);
      if (!match) return undefined;
      return { lane: match[1] ?? "", durationMs: Number(match[2]) };
    },
  }),
  /** WARN. */
  "lane-wait-exceeded": spec({
    starts: "lane wait exceeded: ",
    by: DIAGNOSTIC,
    samples: ["lane wait exceeded: lane=main waitedMs=2011 queueAhead=0"],
    read: (message) => {
      const match = WAIT.exec(message);
      if (!match) return undefined;
      return { lane: match[1] ?? "", waitedMs: Number(match[2]) };
    },
  }),
} as const;

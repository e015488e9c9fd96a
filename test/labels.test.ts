import { describe, expect, test } from "vitest";

import { COLUMN_NAMES } from "../src/reporters/ndjson-columns.ts";
import { doctor, reportOf } from "./helpers/doctor.ts";

const LOG = "fixtures/issue-3245/console.log";

describe("--label", () => {
  test("is in the JSON report and in every line of ndjson", async () => {
    const labels = ["--label", "host=a1", "--label", "note=a=b, c"];
    const expected = { host: "a1", note: "a=b, c" };
    expect((await reportOf([LOG], labels)).report.labels).toEqual(expected);
    for (const more of [[], ["--all-runs"]]) {
      const { out } = await doctor([LOG, "--format", "ndjson", ...more, ...labels]);
      const lines = out.trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(JSON.parse(line)).toMatchObject({ labels: expected });
    }
  });

  test("is empty where none is given", async () => {
    expect((await reportOf([LOG])).report.labels).toEqual({});
  });

  test.each([
    [["host"], '--label "host" has no ='],
    [["host="], "--label host has no value"],
    [["host=  "], "--label host has no value"],
    [["=a1"], '--label "" is no name'],
    [["Host=a1"], '--label "Host" is no name'],
    [["1a=b"], '--label "1a" is no name'],
    [["a-b=c"], '--label "a-b" is no name'],
    [["__proto__=c"], '--label "__proto__" is no name'],
    [[`${"a".repeat(64)}=b`], "is no name"],
    [["host=a1", "host=a1"], "--label host is given twice"],
    [[`host=${"x".repeat(257)}`], "--label host has more than 256 characters"],
    [["type=x"], "--label type is the name of a column"],
    [["sessionkey=x"], "--label sessionkey is the name of a column"],
  ])("%j is refused", async (texts, error) => {
    const { out, err, exitCode } = await doctor([LOG, ...texts.flatMap((text) => ["--label", text])]);
    expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
    expect(err).toContain(`error: `);
    expect(err).toContain(error);
  });

  test("cannot take a column's name", async () => {
    for (const name of COLUMN_NAMES) {
      const { err, exitCode } = await doctor([LOG, "--label", `${name.toLowerCase()}=x`]);
      expect({ exitCode, err }).toMatchObject({ exitCode: 2, err: expect.stringContaining("name of a column") });
    }
  });
});

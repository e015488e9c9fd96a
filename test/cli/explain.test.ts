import { describe, expect, test } from "vitest";

import { FINDING_PAGES, renderFindingPage, renderFindingsMarkdown } from "../../src/explain.ts";
import { FINDING_CODES } from "../../src/model.ts";

// `npx vitest run test/cli/explain.test.ts -u` writes it again after a change of src/explain.ts.
test("docs/findings.md holds the pages", async () => {
  await expect(renderFindingsMarkdown()).toMatchFileSnapshot("../../docs/findings.md");
});

describe.each(FINDING_CODES)("%s", (code) => {
  test("has a page that says something under every heading", () => {
    const page = FINDING_PAGES[code];
    for (const prose of [page.whatItMeans, page.howWeKnow, page.whatToDo, page.whatItIsNot]) {
      expect(prose.length).toBeGreaterThan(0);
    }
  });

  test("fits its terminal", () => {
    const wide = renderFindingPage(code, 60)
      .split("\n")
      .filter((line) => line.length > 60);
    expect(wide).toEqual([]);
  });
});

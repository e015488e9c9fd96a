// DuckDB's reader of JSON, and the pairing in SQL. Its package is in a folder of its own: argv[2].
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , packages, file] = process.argv;
const { DuckDBInstance } = createRequire(join(packages, "package.json"))("@duckdb/node-api");
const db = await (await DuckDBInstance.create(":memory:")).connect();
const reader = await db.runAndReadAll(
  `WITH line AS (
     SELECT regexp_extract("1", '^embedded run (start|done): runId=(\\S+)', ['what', 'id']) AS run
     FROM read_json($file, format = 'newline_delimited', maximum_object_size = 67108864, columns = {"0": 'VARCHAR', "1": 'VARCHAR'})
     WHERE "0" = '{"subsystem":"agent/embedded"}'
   ), by_id AS (
     SELECT run.id, count(*) FILTER (run.what = 'start') AS starts, count(*) FILTER (run.what = 'done') AS dones
     FROM line WHERE run.what != '' GROUP BY run.id
   )
   SELECT sum(starts), sum(dones), count(*) FILTER (starts > 0 AND dones = 0) FROM by_id`,
  { file },
);
console.log(reader.getRows()[0].join(" "));

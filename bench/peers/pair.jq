# Prints what pair.awk prints.
reduce (inputs | select(."0" == "{\"subsystem\":\"agent/embedded\"}") | ."1" | strings
  | capture("^embedded run (?<what>start|done): runId=(?<id>[^ ]+)")) as $run
  ({starts: 0, dones: 0, open: {}};
    if $run.what == "start" then .starts += 1 | .open[$run.id] = true
    else .dones += 1 | del(.open[$run.id]) end)
| "\(.starts) \(.dones) \(.open | length)"

# Pairs start and done lines, as one would in a shell: prints starts, dones, and runs with a start and no done.
# Anchored, so that quoted text does not count. It knows the log file and the uncoloured console.
match($0, /^\{"0":"\{\\"subsystem\\":\\"agent\/embedded\\"\}","1":"embedded run (start|done): runId=/) ||
match($0, /^[0-9TZ:.-]+ \[agent\/embedded\] embedded run (start|done): runId=/) {
  rest = substr($0, RSTART + RLENGTH)
  id = substr(rest, 1, index(rest, " ") - 1)
  if (substr($0, RSTART + RLENGTH - 12, 4) == "done") { dones++; delete open[id] }
  else { starts++; open[id] = 1 }
}
END {
  left = 0
  for (id in open) left++
  print starts + 0, dones + 0, left
}

"""Small programs that the benchmarks run in a terminal: ours, and the same screen in other toolkits."""
